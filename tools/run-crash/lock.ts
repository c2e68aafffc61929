// The lock of files of host/src/files/lock.ts, which ends with the machine's life.
import type { InUse, Lock } from "@reach-fabric/host";
import { life } from "./machine.ts";

export async function lockFile(path: string, _wait: number, inUse: InUse): Promise<Lock> {
  const { locks } = life();
  if (locks.has(path)) throw Object.assign(new Error(inUse.what), { code: inUse.code });
  locks.add(path);
  return { release: () => void locks.delete(path) };
}
