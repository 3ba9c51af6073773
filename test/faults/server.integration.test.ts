import { testFaults } from "./faults.ts"

testFaults("server")
