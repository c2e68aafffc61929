// Secrets that are known by what they look like (docs/spec/redact.md, REDACT-3 to REDACT-7).

export const REDACTED = "[redacted]";

/** Something that a secret looks like, and what is left of it. */
interface Look {
  readonly pattern: RegExp;
  /** `$1` is kept where it says whose the secret is, or of which kind. */
  readonly left: string;
  /** Where looks are not enough. */
  readonly isOne?: (found: string) => boolean;
}

const HEADERS =
  "(?:proxy-)?authorization|(?:set-)?cookie2?|(?:x-)?api-?key|x-(?:auth|access|csrf|vault|gitlab|shopify-access|amz-security)-?token|x-goog-api-key|private-token|ocp-apim-subscription-key|stripe-signature";
/** Members of forms, queries and JSON that hold a proof, whatever it looks like. */
const MEMBERS =
  "access_?token|refresh_?token|id_?token|session_?token|client_?secret|client_?assertion|subject_token|actor_token|code_verifier|device_code|password|passwd|passphrase|api_?key|private_?key|secret_?access_?key|aws_secret_access_key|secret_?key|x-amz-(?:signature|security-token)|x-goog-signature";
/** What begins a token and is not within a longer word. */
const at = "(?<![A-Za-z0-9])";

const looks: readonly Look[] = [
  // RFC 7468, also where ends of lines are escaped, and where the end was cut off.
  {
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g,
    left: REDACTED,
  },
  // A header in a text, to the end of its line; in JSON, to the end of its value.
  {
    pattern: new RegExp(
      `(${at}(?:${HEADERS})["']?\\s{0,8}[:=]\\s{0,8})(?:"(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'|[^\\r\\n"',}]+(?:,[^\\r\\n"'}]+)*)`,
      "gi",
    ),
    left: `$1${REDACTED}`,
  },
  {
    pattern: /\b(Bearer|Basic|Digest|Negotiate)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
    left: `$1 ${REDACTED}`,
  },
  // RFC 3986, 3.2.1.
  { pattern: /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#@"'<>]+@/gi, left: `$1${REDACTED}@` },
  {
    pattern: new RegExp(
      `(${at}(?:${MEMBERS})["']?\\s{0,8}[:=]\\s{0,8})(?:"(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'|[^\\s&"',;}]+)`,
      "gi",
    ),
    left: `$1${REDACTED}`,
  },
  // Names that are a proof in a query only (RFC 6749, 4.1.2; Azure's and Google's signed URLs).
  {
    pattern: /([?&](?:code|state|key|sig|token|secret|signature)=)[^\s&"'<>#]+/gi,
    left: `$1${REDACTED}`,
  },
  // RFC 7519, and the five parts of RFC 7516.
  { pattern: new RegExp(`${at}eyJ[\\w-]{5,}(?:\\.[\\w-]*){2,4}`, "g"), left: REDACTED },
  ...[
    "(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]{16,}",
    "gh[pousr]_[A-Za-z0-9_]{30,}|github_pat_\\w{22,}",
    "xox[a-z](?:\\.xox[a-z])?-[\\w-]{10,}|xapp-[\\w-]{10,}",
    "(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])",
    "AIza[\\w-]{35}|ya29\\.[\\w.-]{10,}|GOCSPX-[\\w-]{20,}|1//0[\\w-]{20,}",
    "sk-ant-[\\w-]{16,}|sk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9][\\w-]{19,}",
  ].map((pattern) => ({ pattern: new RegExp(`${at}(?:${pattern})`, "g"), left: REDACTED })),
  { pattern: /(hooks\.slack\.com\/services\/)[\w/]{10,}/g, left: `$1${REDACTED}` },
  // ISO/IEC 7812: the lengths and first digits that are in use, and the last digit right.
  {
    pattern: /(?<![\d.])[2-6]\d(?:[ -]?\d){11,17}(?!\d)/g,
    left: REDACTED,
    isOne: (found) => isCard(found.replaceAll(/\D/g, "")),
  },
];

/** A text without what looks like a secret. */
export function withoutLooks(text: string): string {
  let left = text;
  for (const { pattern, left: by, isOne } of looks) {
    left =
      isOne === undefined
        ? left.replace(pattern, by)
        : left.replace(pattern, (found) => (isOne(found) ? by : found));
  }
  return left;
}

const CARDS =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}|62\d{14,17})$/;

/** ISO/IEC 7812-1, annex B. */
function isCard(digits: string): boolean {
  if (!CARDS.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i]);
    const twice = i % 2 === 0 ? digit : digit * 2;
    sum += twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
}

const NAME = new RegExp(`^(?:${HEADERS}|${MEMBERS}|token|secret|assertion)$`, "i");

/** True for the name of a header or member whose text is a proof whatever it looks like. */
export const isProofName = (name: string): boolean => NAME.test(name) || NAME.test(snake(name));

/** `clientSecret` as `client_secret`. */
const snake = (name: string): string => name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, "_$&");
