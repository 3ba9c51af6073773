import { testFaults } from "./faults.ts"

testFaults("embedded")
