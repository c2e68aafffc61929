// Folders of a grant, as a user of the command line has them.
import { mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { put, reach, temporaryFolder } from "../reach.ts";

const WORKFLOW = `document: { dsl: "1.0.3", namespace: test, name: letters, version: 1.0.0 }
do:
  - claim: { call: file, with: { method: read, folder: claims, path: "\${ .path }", as: json } }
  - decide: { set: { text: '\${ "We pay \\(.amount)." }' } }
  - letter: { call: file, with: { method: write, folder: letters, path: out.txt, content: "\${ .text }" } }
`;

function place(): { folder: string; grant: (directories: object) => void } {
  const folder = temporaryFolder();
  put(folder, "w.yaml", WORKFLOW);
  put(folder, "in.json", '{"path":"7.json"}');
  for (const name of ["claims", "letters"]) mkdirSync(join(folder, name));
  put(folder, "claims/7.json", '{"amount":42}');
  put(folder, "private.json", '{"amount":1e9}');
  const folders = [
    { name: "claims", access: ["read"] },
    { name: "letters", access: ["write"] },
  ];
  const grant = (directories: object): void => {
    const file = { format: "reach/grant/v1", folders, directories };
    put(folder, "grant.json", JSON.stringify(file));
  };
  grant({ claims: join(folder, "claims"), letters: join(folder, "letters") });
  return { folder, grant };
}

const run = ["run", "w.yaml", "--input", "in.json", "--grant", "grant.json", "-o", "a.reach"];

test("GRANT-26: a run reads, decides and writes; its evidence is verified and replayed without the folders", async () => {
  const { folder } = place();
  expect(await reach(folder, run)).toMatchObject({ status: 0 });
  expect(readFileSync(join(folder, "letters/out.txt"), "utf8")).toBe("We pay 42.");
  for (const name of ["claims", "letters"])
    renameSync(join(folder, name), join(folder, `${name}-gone`));
  expect(await reach(folder, ["verify", "a.reach"])).toMatchObject({ status: 0 });
  const replayed = await reach(folder, ["replay", "a.reach"]);
  expect(replayed).toMatchObject({ status: 0 });
  expect(replayed.stdout).toContain("reproduced");
  expect(readFileSync(join(folder, "a.reach")).includes(folder)).toBe(false);
});

test("GRANT-26: what a workflow needs is said before anything runs, and where a folder is that has no directory", async () => {
  const { folder, grant } = place();
  const bare = await reach(
    folder,
    run.filter((_, i) => i !== 4 && i !== 5),
  );
  expect(bare).toMatchObject({ status: 4 });
  expect(bare.stderr).toContain("asks for reading in the folder claims");
  expect(bare.stderr).toContain('{"name":"claims","access":["read"]}');
  const built = await reach(folder, ["build", "w.yaml"]);
  const text = /A grant for it\n(\{[\s\S]*?\n\]\})\n\n/.exec(built.stdout)?.[1] ?? "";
  expect(JSON.parse(text)).toMatchObject({ folders: [{ name: "claims" }, { name: "letters" }] });
  expect(built.stdout).toContain('Beside "folders", "directories" says where each of them is.');
  for (const directories of [
    {},
    { claims: join(folder, "claims"), letters: join(folder, "none") },
  ]) {
    grant(directories);
    const none = await reach(folder, run);
    expect(none.status).not.toBe(0);
    expect(none.stderr).toContain("REACH-E4152");
  }
  grant({ claims: "claims", letters: join(folder, "letters") });
  expect((await reach(folder, run)).stderr).toContain("Expected an absolute path");
});

test("attack: a link out of a folder, and a path that leads up, end a run with a code and a note", async () => {
  const { folder } = place();
  symlinkSync(join(folder, "private.json"), join(folder, "claims", "8.json"));
  put(folder, "in.json", '{"path":"8.json"}');
  const linked = await reach(folder, [...run, "--security-log", "security.jsonl"]);
  expect(linked).toMatchObject({ status: 4 });
  expect(linked.stderr).toContain("it is a symbolic link (REACH-E3113)");
  expect(linked.stderr).toContain("put the file itself there, not a link to it");
  const [line = ""] = readFileSync(join(folder, "security.jsonl"), "utf8").split("\n");
  expect(JSON.parse(line)).toMatchObject({
    type: "grant.denied",
    kind: "file",
    by: "host",
    code: "REACH-E3113",
  });
  put(folder, "in.json", '{"path":"../private.json"}');
  const up = await reach(folder, [...run, "--force"]);
  expect(up.status).not.toBe(0);
  expect(up.stderr + up.stdout).toContain("a segment ends with a dot or a space");
});
