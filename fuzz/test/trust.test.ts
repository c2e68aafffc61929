// A slice of npm run trust-sim, with a fixed seed: the same histories every time, so a red test means a change.
import { expect, test } from "vitest";
import { play } from "../trust/history.ts";
import { Tally } from "../trust/stage.ts";

test("trust: in 100 histories nothing is trusted, approved or witnessed that the model calls false, and nothing refused that it calls true", () => {
  const tally = new Tally();
  for (let number = 0; number < 100; number++) {
    const { lines, error } = play("1", number, tally);
    if (error !== undefined)
      throw new Error(`history ${number}\n${lines.join("\n")}`, { cause: error });
  }
  // None of it is empty: every verdict passes, and each of these is refused for its own reason.
  for (const verdict of ["trusted", "approved", "logged", "witnessed"]) {
    expect(tally.groups.get(verdict)?.get("pass"), verdict).toBeGreaterThan(20);
  }
  expect(tally.groups.get("truth")?.get("an honest run is not refused")).toBeGreaterThan(5);
}, 120_000);
