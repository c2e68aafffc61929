// Calls of gRPC: their definitions are files of the pack, which hold the method that is called (WF-64).
import { problemCode } from "@reach-fabric/schema";
import type { Path, TaskList } from "@reach-fabric/schema";
import type { Read } from "./read.ts";
import { CompileError, mapTasks } from "./tasks.ts";
import type { Fields } from "./tasks.ts";

/** The list with every definition named by its path in the pack. */
export async function pinProtos(list: TaskList, read: Read): Promise<TaskList> {
  const calls: { path: Path; args: Fields }[] = [];
  mapTasks(list, ["do"], (task, path) => {
    if (task["call"] === "grpc") {
      calls.push({ path: [...path, "with"], args: task["with"] as Fields });
    }
    return task;
  });
  if (calls.length === 0) return list;
  // Few workflows call gRPC, and what reads its definitions takes as long to load as all the rest of compiling.
  const { STREAMS, methodOf } = await import("../effects/grpc/protos.ts");
  const files = new Map<string, string>();
  for (const { path, args } of calls) {
    const endpoint = endpointOf(args);
    const { file, text } = await read.text(endpoint, [...path, "proto", "endpoint"]);
    files.set(endpoint, file);
    const { name } = args["service"] as { name: string };
    const method = methodOf(text, name, args["method"] as string);
    if (!("why" in method)) continue;
    const called = `${name}/${args["method"] as string}`;
    throw new CompileError(
      [...path, "method"],
      method.why === STREAMS
        ? {
            code: problemCode.notBuiltYet,
            what: `The method ${called}, which streams: not built yet.`,
          }
        : {
            code: problemCode.badValue,
            what: `${file} does not define ${called} as it is called.`,
            why: method.why,
          },
    );
  }
  return mapTasks(list, ["do"], (task) => {
    if (task["call"] !== "grpc") return task;
    const args = task["with"] as Fields;
    const proto = { ...(args["proto"] as Fields), endpoint: files.get(endpointOf(args)) };
    return { ...task, with: { ...args, proto } };
  });
}

function endpointOf(args: Fields): string {
  const { endpoint } = args["proto"] as { endpoint: string | { uri: string } };
  return typeof endpoint === "string" ? endpoint : endpoint.uri;
}
