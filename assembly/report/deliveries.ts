// The deliveries of this VM. Root contexts that report with the same settings, in the same words, share one.
import { Region } from "../bytes/region";
import { swapRemove } from "../bytes/list";
import { Settings } from "../config/settings";
import { Delivery } from "./delivery";
import { Destination } from "./destination";
import { formatFor } from "./formats";
import { Reporter } from "./reporter";

const deliveries: Delivery[] = [];

/** The delivery for these settings and this reporter. If there is none yet, makes one in the memory of `held`. */
export function deliveryFor(settings: Settings, reporter: Reporter, held: Region): Delivery {
  let identity = settings.deliveryIdentity + reporter.identity;
  for (let i = deliveries.length - 1; i >= 0; i--) {
    if (deliveries[i].identity === identity) return deliveries[i];
    if (deliveries[i].isOver) swapRemove(deliveries, i);
  }
  let format = formatFor(settings, reporter);
  let destination = new Destination(settings, format, reporter.accessToken);
  let delivery = new Delivery(identity, settings, format, destination, held);
  deliveries.push(delivery);
  return delivery;
}

/** Hands the answer to the call `token` to the delivery that made it, even if the call's root context is already gone. */
export function answerCall(token: u32, headers: u32, bodySize: u32): void {
  for (let i = 0; i < deliveries.length; i++) unchecked(deliveries[i]).answered(token, headers, bodySize);
}
