// The security log: what may be in a record, and that a record is one line of its own file.
import type { Defence } from "./defence.ts";

const RECORDS = "host/test/security/records.test.ts";
const FILE = "host/test/security/file.test.ts";
const RUN = "host/test/security/run.test.ts";
const SINK = "host/src/security/file-sink.ts";
const LINE = "host/src/security/line.ts";

export const securityLog: readonly Defence[] = [
  {
    attack: "a field in a record of the security log that its type does not have",
    file: "schema/src/run/security.ts",
    take: "const secretRedeemed = z.strictObject({",
    put: "const secretRedeemed = z.looseObject({",
    test: RECORDS,
    name: "SEC-1: with a field that its type does not have is refused",
  },
  {
    attack: "a secret in a field of the security log, known by its looks",
    file: LINE,
    take: "plain(redact(scrubbed(value)))",
    put: "plain(scrubbed(value))",
    test: RECORDS,
    name: "SEC-3: with a secret in a text is without it, and says so",
  },
  {
    attack: "a secret of a run in a field of the security log",
    file: "host/src/security/run-watch.ts",
    take: "log.note(event, scrubbed);",
    put: "log.note(event);",
    test: RUN,
    name: "SEC-3: nothing of its secrets, in whatever text one is",
  },
  {
    attack: "a line feed in a field that forges a line of the security log",
    file: LINE,
    take: 'replaceAll(/[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]/gu, "\\ufffd")',
    put: 'replaceAll(/[]/gu, "\\ufffd")',
    test: RECORDS,
    name: "SEC-2: cannot forge a line, and shows a terminal nothing but its letters",
  },
  {
    attack: "escapes of a terminal, and directions of text, in the security log",
    file: LINE,
    take: "const line = `${escaped(JSON.stringify(record))}\\n`;",
    put: "const line = `${JSON.stringify(record)}\\n`;",
    test: RECORDS,
    name: "SEC-2: cannot forge a line, and shows a terminal nothing but its letters",
  },
  {
    attack: "a text so long that a line of the security log is written in pieces",
    file: LINE,
    take: "if (bytes > LONGEST_TEXT) break;",
    put: "if (bytes > 100 * LONGEST_TEXT) break;",
    test: RECORDS,
    name: "SEC-2: is one line of at most 4,096 bytes, whatever its texts are",
  },
  {
    attack: "a security log that is a link to another file",
    file: SINK,
    take: "O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600",
    put: "O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, 0o600",
    test: FILE,
    name: "a place that is no file of the user alone",
  },
  {
    attack: "a security log that is a hard link to another file",
    file: SINK,
    take: 'if (found.nlink !== 1) throw refused(path, "it has another name");',
    put: "",
    test: FILE,
    name: "a place that is no file of the user alone",
  },
  {
    attack: "a pipe in the place of a security log, which holds the command",
    file: SINK,
    take: 'if (!found.isFile()) throw refused(path, "it is not a regular file");',
    put: "",
    test: FILE,
    name: "a place that is no file of the user alone",
  },
  {
    attack: "a security log that others may read or write",
    file: SINK,
    take: "if ((found.mode & 0o077) !== 0) {",
    put: "if ((found.mode & 0o000) !== 0) {",
    test: FILE,
    name: "a place that is no file of the user alone",
  },
  {
    attack: "lines of two processes written over each other in a security log",
    file: SINK,
    take: "O_RDWR | O_APPEND | O_CREAT",
    put: "O_RDWR | O_CREAT",
    test: "host/test/security/processes.test.ts",
    name: "SEC-5: lines of four processes that write at once are whole",
  },
  {
    attack: "a secret that is given out, and the security log does not say it",
    file: "host/src/effects/egress/authorize.ts",
    take: "    redeemed?.(name, origin);\n",
    put: "",
    test: RUN,
    name: "SEC-1: a secret wherever it is sent: in a body, to an authority, to an MCP server, to a model's provider",
  },
  {
    attack: "a security log that fails, so that a run does",
    file: "host/src/security/security-log.ts",
    take: "  } catch (error) {\n    failed(error);\n    return undefined;",
    put: "  } catch (error) {\n    failed(error);\n    throw error;",
    test: RECORDS,
    name: "a sink that fails",
  },
  {
    attack:
      "where a person's data would have led a request, in a security log's entry, which stays for ever",
    file: "host/src/log/security-entries.ts",
    take: '"grant.denied": ["run", "effect", "kind", "by", "code"],',
    put: '"grant.denied": ["run", "effect", "kind", "by", "code", "origin"],',
    test: RECORDS,
    name: "SEC-6: the page says what entries have of each type",
  },
  {
    attack: "an actor of the security log, guessed from a pseudonym that needs no key",
    file: "host/src/security/security-log.ts",
    take: "hmacSha256(key, utf8(",
    put: "hmacSha256(new Uint8Array(32), utf8(",
    test: RECORDS,
    name: "SEC-4: says who, or a pseudonym that only the key leads to",
  },
];
