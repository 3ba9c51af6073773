import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { didYouMean } from "../../src/text/suggest.ts"

const names = ["--source", "--chunksize", "--concurrency", "--max-rejects", "--max-record-size", "--database-url"]
const Name = Schema.Literals(names)
const Place = Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 6 }))
const Letter = Schema.String.check(Schema.isPattern(/^[a-z]$/))

it.prop(
  "one letter too many, too few or another is seen through",
  { name: Name, place: Place, letter: Letter },
  ({ letter, name, place }) => {
    for (const word of [
      name.slice(0, place) + letter + name.slice(place),
      name.slice(0, place) + name.slice(place + 1),
      name.slice(0, place) + letter + name.slice(place + 1),
    ]) {
      assert.strictEqual(didYouMean(word, names), ` Did you mean ${name}?`)
    }
  },
)

it.prop("two letters that changed places are one mistake", { name: Name, place: Place }, ({ name, place }) => {
  const word = name.slice(0, place) + name[place + 1]! + name[place]! + name.slice(place + 2)
  assert.strictEqual(didYouMean(word, names), ` Did you mean ${name}?`)
})

it("a short word with two letters that changed places is seen through", () => {
  assert.strictEqual(didYouMean("rnu", ["run", "runs", "locate"]), " Did you mean run?")
})

it("what only one name begins with is that name, whatever is nearer", () => {
  assert.strictEqual(didYouMean("--so", [...names, "--geo", "--sign"]), " Did you mean --source?")
  assert.strictEqual(didYouMean("--s", [...names, "--sign"]), " Did you mean --source or --sign?")
})

it("what is near to nothing suggests nothing, the beginning of a name what begins so", () => {
  assert.strictEqual(didYouMean("--verbose", names), "")
  assert.strictEqual(didYouMean("x", ["a", "b"]), "")
  assert.strictEqual(didYouMean("--max", names), " Did you mean --max-rejects or --max-record-size?")
  assert.strictEqual(didYouMean("--database", names), " Did you mean --database-url?")
  assert.strictEqual(didYouMean("--source-dir", names), " Did you mean --source?")
})
