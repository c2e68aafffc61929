/**
 * Every number that crosses the ABI: statuses, error codes, limits.
 *
 * Import-free on purpose: this file is compiled by asc into the engine and copied into the
 * bindings as TypeScript, so both sides share one definition. A number that was released never
 * changes its meaning; a new one is added at the end of its band.
 */

/** Version of the ABI (docs/spec/abi.md). */
export const ABI_VERSION = 1;
/** Changes only when a run could come out differently (design: "semantics"). */
export const SEMANTICS = 1;

// ---- Statuses of a call -------------------------------------------------------------------
/** The call did what it says; its result is in the output window. */
export const STATUS_OK = 0;
/** The call failed: see errorCode(), errorOffset(), errorText(). */
export const STATUS_ERROR = 1;
/** advance(): the run waits for the results of its pending effects. */
export const STATUS_WAITING = 2;
/** advance(): the run has ended with an output. */
export const STATUS_COMPLETED = 3;
/** advance(): the run has ended with an error that no task caught. */
export const STATUS_FAULTED = 4;
/** advance(): the run was cancelled by a recorded command. */
export const STATUS_CANCELLED = 5;
/** advance(): an opaque replay has come to a place that depends on a hidden value. */
export const STATUS_LOOKED = 6;

// ---- Errors: printed as REACH-E<number> ------------------------------------------------------
// 10xx the call itself
export const E_CALL = 1001; // a call out of order (advance before load, and the like)
export const E_FRAMES = 1002; // the frames in the input window do not add up
export const E_SNAPSHOT = 1003; // a snapshot of another engine, build or pack
export const E_STATE = 1004; // bytes that are no saved state of a hash or a tree
export const E_ARGUMENT = 1005; // the bindings' own: an argument of another kind than the call takes

// 11xx JSON (docs/spec/json.md)
export const E_JSON_EMPTY = 1101;
export const E_JSON_SYNTAX = 1102;
export const E_JSON_TRAILING = 1103;
export const E_JSON_BOM = 1104;
export const E_JSON_UTF8 = 1105;
export const E_JSON_SURROGATE = 1106;
export const E_JSON_ESCAPE = 1107;
export const E_JSON_CONTROL = 1108;
export const E_JSON_DUPLICATE = 1109;
export const E_JSON_NUMBER = 1110; // not a JSON number
export const E_JSON_INTEGER = 1111; // an integer literal that does not survive as a double
export const E_JSON_RANGE = 1112; // a number whose magnitude no double can hold
export const E_JSON_TRUNCATED = 1113; // the text ends inside a value
export const E_JSON_UNPRINTABLE = 1114; // the bindings' own: a value that has no JSON text

// 12xx limits: deterministic faults (docs/spec/limits.md)
export const E_LIMIT_FUEL = 1201;
export const E_LIMIT_MEMORY = 1202;
export const E_LIMIT_DEPTH = 1203;
export const E_LIMIT_SIZE = 1204; // a text or value longer than the limit
export const E_LIMIT_OUTPUTS = 1205;
export const E_LIMIT_EFFECTS = 1206;
export const E_LIMIT_STACK = 1207; // the explicit stack of the expression machine
export const E_LIMIT_TOKENS = 1208; // of models, by the grant
export const E_LIMIT_COST = 1209; // of models, by the grant
export const E_LIMIT_USAGE = 1210; // an answer without usage, where the grant has a limit

// 13xx expressions: compile errors, with the offset in the program (docs/spec/expr.md)
export const E_EXPR_SYNTAX = 1301;
export const E_EXPR_FUNCTION = 1302; // unknown function
export const E_EXPR_VARIABLE = 1303; // unknown variable
export const E_EXPR_REFUSED = 1304; // a builtin or form that Reach refuses
export const E_EXPR_UNSUPPORTED = 1305; // jq has it, this engine not yet
export const E_EXPR_TOO_LARGE = 1306;

// 14xx expressions: runtime
export const E_EXPR_ERROR = 1401; // an error raised by the program: its message is the text
export const E_EXPR_NONE = 1402; // no output where exactly one is needed
export const E_EXPR_MANY = 1403; // several outputs where exactly one is needed

// 15xx packs and workflows: load (docs/spec/workflow.md)
export const E_PACK_FORMAT = 1501;
export const E_PACK_DIGEST = 1502; // a file is not what pack.json says
export const E_PACK_FILE = 1503; // a file that pack.json names is missing, or one too many
export const E_WF_FIELD = 1510; // an unknown field
export const E_WF_TYPE = 1511; // a field of the wrong type
export const E_WF_MISSING = 1512; // a required field is missing
export const E_WF_REFUSED = 1513; // a feature that Reach refuses, with its reason
export const E_WF_UNSUPPORTED = 1514; // a feature of the language that this engine lacks so far
export const E_WF_TARGET = 1515; // `then` names no task of the same list
export const E_WF_REFERENCE = 1516; // an unknown error, retry policy, table or function
export const E_WF_DUPLICATE = 1517; // two tasks of one list have one name
export const E_WF_DURATION = 1518;
export const E_TABLE = 1520; // a malformed decision table

// 16xx records (docs/spec/trace.md)
export const E_RECORD = 1601; // malformed record
export const E_RECORD_KEY = 1602; // a result for an effect that is not pending
export const E_RECORD_ORDER = 1603; // a record that cannot come here
export const E_RECORD_EVENT = 1604; // no event, or none that the listen takes

// 17xx Merkle trees (docs/spec/merkle.md)
export const E_TREE = 1701; // no subtree of a tree of that size, or a tree that would be too large
export const E_PROOF = 1702; // the proof does not hold

// 18xx regular expressions (docs/spec/regex.md)
export const E_REGEX = 1801; // no regular expression, or one with a feature that is refused

// 19xx JSON Schema (docs/spec/schema.md)
export const E_SCHEMA = 1901; // no schema of this dialect, or a keyword with a value that it cannot have
export const E_SCHEMA_REF = 1902; // a reference that leads to no schema here

// ---- Limits ----------------------------------------------------------------------------------
/** Longest input of one call, in bytes. */
export const MAX_INPUT = 67108864; // 64 MiB
/** Longest string, in bytes of UTF-8. */
export const MAX_STRING = 33554432; // 32 MiB
/** Deepest nesting of a value at the boundary. */
export const MAX_DEPTH = 1024;
/** Deepest nesting of a value inside a run: records hold it a few levels deeper. */
export const MAX_RUN_DEPTH = 1016;
/** Deepest nesting that jq's fromjson accepts (jq 1.8). */
export const MAX_DEPTH_JQ = 10000;
/** Bytes that one activation's scratch memory may take (deterministic, below the host's limit). */
export const MAX_SCRATCH = 402653184; // 384 MiB
/** Bytes that the state of one run may take, as JSON. */
export const MAX_RUN = 50331648; // 48 MiB
/** Fuel and effects of a run, unless its start says otherwise. */
export const DEFAULT_RUN_FUEL = 100000000; // 1e8
export const DEFAULT_EFFECTS = 100000;
/** Fuel of one call of evaluate(), unless the caller asks for less or more. */
export const DEFAULT_FUEL = 100000000; // 1e8
/** Outputs of one evaluation. */
export const MAX_OUTPUTS = 1000000;

// ---- Flags of matchRegex() --------------------------------------------------------------------
export const REGEX_IGNORE_CASE = 1;
export const REGEX_EXTENDED = 2;
export const REGEX_DOT_ALL = 4;
export const REGEX_LINES = 8;
export const REGEX_ECMA = 16;

// ---- Flags of JSON calls ---------------------------------------------------------------------
/** Boundary mode: canonical order, duplicate keys are errors. */
export const JSON_BOUNDARY = 0;
/** An integer literal that does not survive becomes a string of its digits. */
export const JSON_INTEGERS_TEXT = 1;
/** jq mode: insertion order kept, the last duplicate wins, numbers may lose precision. */
export const JSON_JQ = 2;
/** Hidden values may stand where values do: for the records of an opaque replay alone. */
export const JSON_HIDDEN = 4;
