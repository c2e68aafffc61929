// Reports as pages: docs/spec/evidence.md, EVID-33.
import { reportHtml } from "@reach-fabric/evidence";
import { expect, test } from "vitest";
import {
  evidence,
  facts,
  recorded,
  signedAgain,
  trusted,
  verify,
  attacker,
} from "./fixtures/fixture.ts";

const about = { file: "one.reach", at: "2026-11-27T10:00:00.000Z" };

test("EVID-33 says what was proven, what that does not show, and what was not checked", () => {
  const page = reportHtml(verify(evidence(), { trustedKeys: [trusted] }), about);
  expect(page).toMatch(/<h1 class="pass">Verified/);
  expect(page).toContain("What was proven");
  expect(page).toContain("That an answer was genuine");
  const [, unchecked = ""] = page.split("What was not checked");
  for (const name of ["approved", "logged", "witnessed"])
    expect(unchecked).toContain(`<b>${name}</b>`);
  expect(page.split("What was not checked")[0]).not.toContain("<b>logged</b>");
});

test("EVID-33 a failure comes first", () => {
  const page = reportHtml(
    verify(signedAgain(evidence(), { by: attacker }), { trustedKeys: [trusted] }),
    about,
  );
  expect(page).toMatch(/<h1 class="fail">FAILED/);
  expect(page.indexOf("What is wrong")).toBeLessThan(page.indexOf("What was proven"));
});

test("EVID-33 HTML and bidi injection: texts of the evidence are shown, not interpreted", () => {
  const evil = `</pre><script>alert(1)</script>"'\`&\u202egnp.exe\u200b\u0007`;
  const file = evidence({
    run: { ...facts, actor: evil },
    records: recorded(evil),
  });
  const page = reportHtml(verify(file), { ...about, file: evil });
  expect(page).not.toContain("<script");
  expect(page).not.toMatch(/\p{Cf}/u);
  expect(page).not.toContain("\u0007");
  expect(page).toContain("\\u202e");
  expect(page).toContain("&lt;script&gt;");
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/\b(src|href|on\w+)=/);
});
