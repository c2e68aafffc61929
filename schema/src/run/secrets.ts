// What an operator's secrets are: docs/spec/grant.md, GRANT-12. Never hashed, never recorded.
import * as z from "zod";
import { problemCode, problemsOf, report, strict } from "../fields/problem.ts";
import { strictOauth2 } from "../workflow/authentication.ts";

const kinds = [
  strict({ username: z.string(), password: z.string() }),
  strict({ token: z.string() }),
  strictOauth2,
];
/** One secret. What is wrong in it is not said by its parts: a name in it could be the secret itself. */
export const credentials = z.record(z.string(), z.unknown()).check((context) => {
  if (kinds.some((kind) => problemsOf(kind, context.value).length === 0)) return;
  report(context, [], {
    code: problemCode.badValue,
    what: "These are not credentials.",
    hint: "Expected {username, password}, {token}, or the properties of oauth2 or oidc.",
  });
});

/** The file that an operator keeps, readable by no one else. */
export const secretsFile = strict({
  format: z.literal("reach/secrets/v1", { error: "Expected reach/secrets/v1." }),
  secrets: z.record(z.string(), credentials),
});
