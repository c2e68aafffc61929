// The two services that the conformance kit calls, as far as it calls them, on loopback.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const pets = [
  { id: 1, name: "Rex", status: "available" },
  { id: 2, name: "Mia", status: "sold" },
];

/** What the pet store says of itself: our own words, in the format that it uses. */
export const petstoreDocument = {
  swagger: "2.0",
  info: { title: "A pet store", version: "1.0.0" },
  host: "petstore.swagger.io",
  basePath: "/v2",
  schemes: ["https", "http"],
  paths: {
    "/pet/findByStatus": {
      get: {
        operationId: "findPetsByStatus",
        parameters: [
          {
            name: "status",
            in: "query",
            required: true,
            type: "array",
            items: { type: "string" },
            collectionFormat: "multi",
          },
        ],
        responses: { 200: { description: "the pets" } },
      },
    },
    "/pet/{petId}": {
      get: {
        operationId: "getPetById",
        parameters: [{ name: "petId", in: "path", required: true, type: "integer" }],
        responses: { 200: { description: "the pet" } },
      },
    },
  },
};

/** The status and the value of an answer. */
type Answer = readonly [number, unknown];

function answerOf(host: string, path: string, query: URLSearchParams, credentials: string): Answer {
  if (host === "httpbin") {
    const [, user = "", password = ""] = /^\/basic-auth\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    return user !== "" && credentials === wanted
      ? [200, { authenticated: true, user }]
      : [401, null];
  }
  if (path === "/v2/pet/findByStatus") {
    return [200, pets.filter(({ status }) => query.getAll("status").includes(status))];
  }
  const pet = pets.find(({ id }) => path === `/v2/pet/${id}`);
  return pet === undefined ? [404, { message: "Pet not found" }] : [200, pet];
}

/** Logical origins, and the addresses where they are while `use` runs. */
export async function withServices<T>(
  use: (addresses: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const servers = ["petstore", "httpbin"].map((host) =>
    createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
      const credentials = request.headers.authorization ?? "";
      const [status, value] = answerOf(host, pathname, searchParams, credentials);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    }),
  );
  try {
    const [petstore, httpbin] = await Promise.all(
      servers.map(
        (server) =>
          new Promise<string>((resolve) => {
            server.listen(0, "127.0.0.1", () => {
              resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
            });
          }),
      ),
    );
    return await use({
      "https://petstore.swagger.io": petstore ?? "",
      "https://httpbin.org": httpbin ?? "",
    });
  } finally {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}
