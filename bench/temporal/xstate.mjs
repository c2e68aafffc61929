// node xstate.mjs STEPS: CPU microseconds of so many pure transitions of a state machine, each adding a
// score up. It reads, writes and checks no history: an upper bound of what stepping costs in JavaScript.
import { assign, initialTransition, setup, transition } from "xstate";

const steps = Number(process.argv[2] ?? "1000");
const machine = setup({}).createMachine({
  context: { total: 0 },
  initial: "asking",
  states: {
    asking: {
      on: {
        answer: {
          target: "asking",
          reenter: true,
          actions: assign({ total: ({ context, event }) => context.total + event.score }),
        },
      },
    },
  },
});
function run() {
  let [state] = initialTransition(machine);
  for (let step = 0; step < steps; step++) {
    [state] = transition(machine, state, { type: "answer", score: (step * 7919) % 850 });
  }
  return state.context.total;
}
run();
const before = process.cpuUsage();
run();
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${user + system}\n`);
