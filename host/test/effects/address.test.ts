import { isPublicAddress, publicAddresses } from "@reach-fabric/host/testing";
import { describe, expect, it } from "vitest";

describe("GRANT-9: what is a public address", () => {
  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "172.15.0.1",
    "172.32.0.1",
    "192.167.0.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "2001:4860:4860::8888",
  ])("%s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2001:10::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "2606:4700::1%1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "localhost",
    "bureau.example",
    "",
    "1.1.1.1 ",
  ])("not %j", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe("GRANT-9: a name's addresses", () => {
  const v4 = (address: string) => ({ address, family: 4 });

  it("are given if all of them are public", async () => {
    const found = [v4("1.1.1.1"), { address: "2606:4700:4700::1111", family: 6 }];
    expect(await publicAddresses("a.example", () => Promise.resolve(found))).toEqual(found);
    expect(
      await publicAddresses("[2606:4700::1]", () => Promise.reject(new Error("asked"))),
    ).toHaveLength(1);
  });

  it.each([
    ["one of them is not", [v4("1.1.1.1"), v4("10.0.0.1")]],
    ["none is", [v4("127.0.0.1")]],
    ["there are none", []],
  ])("are refused if %s", async (_, found) => {
    await expect(publicAddresses("a.example", () => Promise.resolve(found))).rejects.toThrow();
  });
});
