// What is replayed: a step is one activity, whose score is added up.
const { proxyActivities } = require("@temporalio/workflow");

const { ask } = proxyActivities({ startToCloseTimeout: "1 minute" });

exports.sequential = async (steps) => {
  let total = 0;
  for (let step = 0; step < steps; step++) total += (await ask(step)).score;
  return total;
};

exports.parallel = async (steps) => {
  const answers = await Promise.all(Array.from({ length: steps }, (_, step) => ask(step)));
  return answers.reduce((total, { score }) => total + score, 0);
};
