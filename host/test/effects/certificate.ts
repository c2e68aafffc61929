// A certificate that nobody vouches for, made anew for each test: Node reads X.509 but writes none.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

/** DER: a tag, a length, a content. */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const n = content.length;
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);
const ascii = (tag: number, value: string): Buffer => der(tag, Buffer.from(value, "latin1"));

/** ecdsa-with-SHA256. */
const algorithm = sequence(der(0x06, Buffer.from("2a8648ce3d040302", "hex")));

/** A key and a self-signed certificate for a host's name, in PEM. */
export function selfSigned(host: string): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const commonName = sequence(der(0x06, Buffer.from("550403", "hex")), ascii(0x0c, host));
  const name = sequence(der(0x31, commonName));
  const names = sequence(
    isIPv4(host) ? der(0x87, Buffer.from(host.split(".").map(Number))) : ascii(0x82, host),
  );
  const alternative = sequence(der(0x06, Buffer.from("551d11", "hex")), der(0x04, names));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    sequence(ascii(0x17, "200101000000Z"), ascii(0x17, "490101000000Z")),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(alternative)),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign("sha256", body, privateKey)]);
  const certificate = sequence(body, algorithm, der(0x03, signature)).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
  };
}
