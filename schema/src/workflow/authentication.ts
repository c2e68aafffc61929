// How a call says who asks: credentials of its own, or the name of a secret (WF-48).
import * as z from "zod";
import { isExpression } from "../fields/duration.ts";
import { problemCode, problemsOf, report, strict, typeName } from "../fields/problem.ts";
import { refused } from "../fields/refusals.ts";

const useSecret = strict({ use: z.string() });
/** An object of its own, or the name of a secret: told by `use`, so that errors speak of one of them. */
const orSecret = (own: z.ZodType): z.ZodType =>
  z.unknown().check((context) => {
    const { value } = context;
    const isNamed = typeName(value) === "object" && Object.hasOwn(value as object, "use");
    for (const { path, ...finding } of problemsOf(isNamed ? useSecret : own, value)) {
      report(context, path, finding);
    }
  });
const oauthToken = strict({ token: z.string(), type: z.string() });
/** How a host gets a token: what OAuth 2.0 and OpenID Connect have in common. */
export const oidcProperties = {
  authority: z.string(),
  grant: z.string().check((context) => {
    const { value } = context;
    if (isExpression(value) || GRANTS.includes(value)) return;
    report(
      context,
      [],
      value === "authorization_code"
        ? refused("The grant `authorization_code`", "It takes a person with a browser.")
        : {
            code: problemCode.badValue,
            what: "Expected a grant of OAuth 2.0.",
            hint: `There: ${GRANTS.join(", ")}.`,
          },
    );
  }),
  client: strict({
    id: z.string().optional(),
    secret: z.string().optional(),
    assertion: z.string().optional(),
    authentication: z
      .enum(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"], {
        error: "Expected client_secret_basic, client_secret_post, private_key_jwt or none.",
      })
      .optional(),
  }).optional(),
  request: strict({
    encoding: z
      .literal("application/x-www-form-urlencoded", {
        error: "Expected application/x-www-form-urlencoded, as RFC 6749 says.",
      })
      .optional(),
  }).optional(),
  issuers: z.array(z.string()).optional(),
  scopes: z.array(z.string()).optional(),
  audiences: z.array(z.string()).optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  subject: oauthToken.optional(),
  actor: oauthToken.optional(),
};
const GRANTS = [
  "client_credentials",
  "password",
  "refresh_token",
  "urn:ietf:params:oauth:grant-type:token-exchange",
];
export const oauth2Properties = {
  ...oidcProperties,
  endpoints: strict({
    token: z.string().optional(),
    revocation: z.string().optional(),
    introspection: z.string().optional(),
  }).optional(),
};
/** Of an MCP server the server itself may say whom to ask (RFC 9728). */
const anyAuthority = { authority: z.string().optional() };
/** The same without a word of the workflow around it: what a secret holds. */
export const strictOauth2 = strict({ ...oauth2Properties, ...anyAuthority });
export const strictOidc = strict({ ...oidcProperties, ...anyAuthority });
export type Oauth2 = z.infer<typeof strictOauth2>;
const policies = {
  basic: orSecret(strict({ username: z.string(), password: z.string() })).optional(),
  bearer: orSecret(strict({ token: z.string() })).optional(),
  digest: orSecret(strict({ username: z.string(), password: z.string() })).optional(),
  oauth2: orSecret(strict(oauth2Properties)).optional(),
  oidc: orSecret(strict(oidcProperties)).optional(),
};
/** What `use.authentications` holds. */
export const authentication = strict(policies).refine((value) => Object.keys(value).length === 1, {
  error: "Expected exactly one of basic, bearer, digest, oauth2, oidc.",
});
export const namedOrOwn = strict({ ...policies, use: z.string().optional() }).refine(
  (value) => Object.keys(value).length === 1,
  { error: "Expected exactly one of use, basic, bearer, digest, oauth2, oidc." },
);
