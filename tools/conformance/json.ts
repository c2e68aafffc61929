// JSON against two suites that others wrote: nst/JSONTestSuite and the RFC 8785 test data.
import { EngineError, fromUtf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { textOf } from "./suite.ts";
import type { Suite, SuiteResult, Vectors } from "./suite.ts";

/** The canonical text of a JSON text, or the code of the error and its offset. */
function outcome(engine: Engine, text: Uint8Array): { text?: string; error?: string } {
  try {
    return { text: fromUtf8(engine.canonicalize(text)) };
  } catch (error) {
    if (error instanceof EngineError) return { error: `${error.code} at ${error.offset}` };
    throw error;
  }
}

/** RFC 8259 leaves duplicate keys to the reader; RFC 8785 and Reach refuse them. */
const DUPLICATES = new Set([
  "y_object_duplicated_key.json",
  "y_object_duplicated_key_and_value.json",
]);

/** What docs/spec/json.md says about each text that RFC 8259 leaves open: its form, or an error. */
const OPEN: Readonly<Record<string, string>> = {
  i_number_double_huge_neg_exp: "[0]",
  i_number_huge_exp: "REACH-E1112",
  i_number_neg_int_huge_exp: "REACH-E1112",
  i_number_pos_double_huge_exp: "REACH-E1112",
  i_number_real_neg_overflow: "REACH-E1112",
  i_number_real_pos_overflow: "REACH-E1112",
  i_number_real_underflow: "[0]",
  i_number_too_big_neg_int: "REACH-E1111",
  i_number_too_big_pos_int: "[100000000000000000000]",
  i_number_very_big_negative_int: "REACH-E1111",
  i_object_key_lone_2nd_surrogate: "REACH-E1106",
  i_string_1st_surrogate_but_2nd_missing: "REACH-E1106",
  i_string_1st_valid_surrogate_2nd_invalid: "REACH-E1106",
  "i_string_UTF-16LE_with_BOM": "REACH-E1105",
  "i_string_UTF-8_invalid_sequence": "REACH-E1105",
  "i_string_UTF8_surrogate_U+D800": "REACH-E1105",
  i_string_incomplete_surrogate_and_escape_valid: "REACH-E1106",
  i_string_incomplete_surrogate_pair: "REACH-E1106",
  i_string_incomplete_surrogates_escape_valid: "REACH-E1106",
  i_string_invalid_lonely_surrogate: "REACH-E1106",
  i_string_invalid_surrogate: "REACH-E1106",
  "i_string_invalid_utf-8": "REACH-E1105",
  "i_string_inverted_surrogates_U+1D11E": "REACH-E1106",
  i_string_iso_latin_1: "REACH-E1105",
  i_string_lone_second_surrogate: "REACH-E1106",
  i_string_lone_utf8_continuation_byte: "REACH-E1105",
  i_string_not_in_unicode_range: "REACH-E1105",
  i_string_overlong_sequence_2_bytes: "REACH-E1105",
  i_string_overlong_sequence_6_bytes: "REACH-E1105",
  i_string_overlong_sequence_6_bytes_null: "REACH-E1105",
  "i_string_truncated-utf-8": "REACH-E1105",
  i_string_utf16BE_no_BOM: "REACH-E1102",
  i_string_utf16LE_no_BOM: "REACH-E1102",
  i_structure_500_nested_arrays: "[".repeat(500) + "]".repeat(500),
  "i_structure_UTF-8_BOM_empty_object": "REACH-E1104",
};

function jsonTestSuite(engine: Engine, vectors: Vectors): SuiteResult {
  const failed: string[] = [];
  const table: string[] = [];
  let passed = 0;
  const open = new Set(Object.keys(OPEN));
  for (const path of vectors.list("json-test-suite/test_parsing")) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const { text, error } = outcome(engine, vectors.bytes(path));
    let right: boolean;
    if (DUPLICATES.has(name)) {
      right = error?.startsWith("REACH-E1109") === true;
      table.push(`${name}: refused, ${error ?? ""}: members that repeat a key (JSON-5)`);
    } else if (name.startsWith("y_")) right = text !== undefined;
    else if (name.startsWith("n_")) right = error !== undefined;
    else {
      const key = name.replace(/\.json$/, "");
      right = (text ?? error?.split(" ")[0]) === OPEN[key];
      open.delete(key);
      const what = text === undefined ? `refused, ${error}` : `accepted as ${text.slice(0, 40)}`;
      table.push(`${name}: ${what}`);
    }
    if (right) passed++;
    else failed.push(`${name}: ${error ?? text?.slice(0, 60)}`);
  }
  for (const name of open) failed.push(`${name}: not among the vectors`);
  const accepted = table.filter((line) => line.includes(": accepted")).length;
  const notes = [
    `i_: ${accepted} accepted, ${table.length - accepted - DUPLICATES.size} refused`,
    `${DUPLICATES.size} y_ refused for duplicate keys`,
  ];
  return { passed, failed, skipped: [], notes, table };
}

function rfc8785(engine: Engine, vectors: Vectors): SuiteResult {
  const failed: string[] = [];
  let passed = 0;
  for (const origin of ["cyberphone", "gowebpki"]) {
    const folder = `rfc8785-jcs/${origin}/testdata`;
    for (const path of vectors.list(`${folder}/input`)) {
      const { text, error } = outcome(engine, vectors.bytes(path));
      // Some of the files end in a line feed that is not part of the result.
      const wanted = textOf(vectors, path.replace("/input/", "/output/")).trimEnd();
      if (text === wanted) passed++;
      else failed.push(`${path}: ${error ?? text}`);
    }
  }
  return { passed, failed, skipped: [] };
}

export const suites: Suite[] = [
  { name: "json-test-suite", run: jsonTestSuite },
  { name: "rfc8785", run: rfc8785 },
];
