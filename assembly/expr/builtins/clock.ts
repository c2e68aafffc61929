/** What `now` returns: set by the host or by the run's clock effect, never read from a machine. */

let seconds: f64 = 0;

export function setClock(to: f64): void {
  seconds = to;
}
export function clock(): f64 {
  return seconds;
}
