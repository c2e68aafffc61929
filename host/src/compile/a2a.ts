// call a2a: the JSON-RPC request to an agent that it stands for (WF-66). A method that streams is not one.
import { problemCode } from "@reach-fabric/schema";
import type { Path, TaskList } from "@reach-fabric/schema";
import type { Read } from "./read.ts";
import { CompileError, mapTasks, pick } from "./tasks.ts";
import type { Fields } from "./tasks.ts";

const COMMUNICATION = "https://open-workflow-specification.org/spec/1.0.0/errors/communication";

/** The list with every call of an agent made an http call, whose answer is looked into. */
export async function callAgents(list: TaskList, read: Read): Promise<TaskList> {
  const cards: { endpoint: string; path: Path }[] = [];
  mapTasks(list, ["do"], (task, path) => {
    const endpoint = cardOf(task);
    const place = [...path, "with", "agentCard", "endpoint"];
    if (endpoint !== undefined) cards.push({ endpoint, path: place });
    return task;
  });
  const urls = new Map<string, string>();
  for (const { endpoint, path } of cards) {
    const { document } = await read.document(endpoint, path);
    const { url } = document;
    if (typeof url !== "string" || !/^https?:\/\//.test(url)) {
      throw new CompileError(path, {
        code: problemCode.badValue,
        what: "The agent card does not say where the agent is.",
        why: "it has no `url` of http or https",
      });
    }
    urls.set(endpoint, url);
  }
  return mapTasks(list, ["do"], (task) =>
    task["call"] === "a2a" ? callOfAgent(task, urls.get(cardOf(task) ?? "")) : task,
  );
}

/** The agent card that a call names, if it names one. */
function cardOf(task: Fields): string | undefined {
  const card = task["call"] === "a2a" ? (task["with"] as Fields)["agentCard"] : undefined;
  const endpoint = (card as Fields | undefined)?.["endpoint"];
  return (typeof endpoint === "object" ? (endpoint as Fields)["uri"] : endpoint) as
    | string
    | undefined;
}

function callOfAgent(task: Fields, url: string | undefined): Fields {
  const { method, parameters, server } = task["with"] as Fields;
  const endpoint = server ?? url;
  const request = {
    call: "http",
    with: {
      method: "post",
      endpoint,
      body: {
        jsonrpc: "2.0",
        id: "1",
        method,
        ...(parameters === undefined ? {} : { params: parameters }),
      },
    },
  };
  const error = {
    if: ".error? != null",
    raise: {
      error: {
        type: COMMUNICATION,
        status: 502,
        title: "The agent answered with an error",
        detail: '${ "\\(.error.code?) \\(.error.message?)" }',
      },
    },
  };
  return {
    ...pick(task, true),
    do: [{ request }, { error }, { result: { set: "${ .result? }" } }],
  };
}
