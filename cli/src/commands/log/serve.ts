import type { Command } from "commander";
import { EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { listenAddress, untilStopped } from "./common.ts";

/** `reach log serve DIR`: a log for readers, as C2SP tlog-tiles has it. */
export function serve(group: Command, verb: Verb): void {
  group
    .command("serve")
    .summary("serve a log to readers over HTTP")
    .description(
      "Serves a log's checkpoint and tiles by plain HTTP, as C2SP tlog-tiles says, until it is " +
        "stopped. It serves nothing else and takes nothing in. Put it behind a proxy that speaks TLS.",
    )
    .argument("<dir>", "the log's folder")
    .option("--listen <host:port>", "where to listen; port 0 takes any free port", "127.0.0.1:8080")
    .option("--json", "print {url} as JSON when it listens; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach log serve audit --listen 127.0.0.1:8080")
    .action(
      verb<[string, { listen: string }]>(async (terminal, dir, { listen }) => {
        const host = await import("@reach-fabric/host");
        await host.readLog(dir);
        const server = await host.serveLog(dir, listenAddress(listen));
        // Whoever reads the address may stop it at once.
        const stopped = untilStopped(terminal.machine);
        if (terminal.json) terminal.result({ url: server.url });
        else terminal.print(line`serving ${server.url}checkpoint`);
        await stopped;
        await server.close();
        return EXIT.ok;
      }),
    );
}
