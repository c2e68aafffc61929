import { expect, test } from "vitest";
import { allBuilds } from "../../../tools/engine/builds.ts";

const ONE =
  "exp exp2 exp10 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh " +
  "atanh cbrt sqrt round ceil floor trunc rint significand logb frexp modf pow(.;0.3) pow(1.5;.) " +
  "pow(-2;.) atan2(.;0.7) hypot(.;3) fmod(.;3.7) drem(.;3.7) ldexp(.;3) fma(.;2;3) nextafter(.;0)";
const builds = allBuilds();

/** Doubles of every size, the same ones every time. */
function* doubles(count: number): Generator<number> {
  const view = new DataView(new ArrayBuffer(8));
  let state = 20_261_126n;
  for (let i = 0; i < count; i++) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    if (i % 2 === 0) view.setBigUint64(0, state);
    else view.setFloat64(0, Number(state >> 40n) / 2 ** 20 - 4);
    if (Number.isFinite(view.getFloat64(0))) yield view.getFloat64(0);
  }
}

const values = [...doubles(600), 0, -0, 1, -1, 0.5, 2, 709.78, 710.4, -745.1, 1e308, 5e-324];

test.each(ONE.split(" "))("%s gives the same bits in every build", (program) => {
  const input = JSON.stringify(values);
  const [first, ...others] = builds.map(({ engine }) => engine.evaluate(`map(${program})`, input));
  expect(first?.error).toBeNull();
  for (const other of others) expect(other).toEqual(first);
});

test("what is exact in theory is exact", () => {
  for (const { engine } of builds) {
    const ask = (program: string): string | undefined =>
      engine.evaluate(program, "null").outputs[0];
    expect(ask("[1, 2, 10, -3 | exp10, exp2]")).toBe("[10,2,100,4,10000000000,1024,0.001,0.125]");
    expect(ask("[1 | exp]")).toBe("[2.718281828459045]");
    expect(ask("[pow(2; 0.5), pow(10; 300), pow(1; nan), pow(-1; infinite), pow(0; 0)]")).toBe(
      "[1.4142135623730951,1e+300,1,1,1]",
    );
    expect(ask("[8, 1024 | log2], [1000 | log10]")).toBe("[3,10]");
  }
});
