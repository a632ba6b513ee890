// The rate, the rules, the excluded paths and Envoy's forced trace, each by itself. The cap has a spec of its own;
// decision.spec.ts tests their order.
import { Field } from "../../../../assembly/bytes/fields";
import { Slice, text } from "../../../../assembly/bytes/slice";
import { carrier } from "../../../../assembly/context/carrier";
import { nextId, seed } from "../../../../assembly/context/ids";
import { Rule } from "../../../../assembly/context/rule";
import { ALWAYS, isForced, randomBitsOf, Sampler, thresholdOf } from "../../../../assembly/context/sampling";
import { RANDOM_BITS } from "../../../../assembly/context/threshold";
import { bring } from "../headers";

const NOTHING: Slice[] = [];
const HALF: u32 = ALWAYS / 2;
const ALL_BITS: u64 = 0xffffffffffffffff;
const ALL_RANDOM_BITS: u64 = 0x00ffffffffffffff;

function sampler(rate: u32): Sampler {
  return new Sampler(rate, 0, NOTHING);
}

/** A trace with this id is sampled. */
function keeps(each: Sampler, traceLow: u64): bool {
  return randomBitsOf(traceLow) >= each.thresholdOfRequest();
}

const EXTREMES: u64[] = [
  0,
  1,
  0x0080000000000000,
  ALL_RANDOM_BITS - 1,
  ALL_RANDOM_BITS,
  ALL_RANDOM_BITS + 1,
  0x7fffffffffffffff,
  0x8000000000000000,
  0xff00000000000000,
  0xff00000000000001,
  ALL_BITS - 1,
  ALL_BITS,
];

/** How many of a million new ids a rate keeps. */
function keptOfMillion(rate: u32): i32 {
  let each = sampler(rate);
  let kept = 0;
  for (let i = 0; i < 1000000; i++) if (keeps(each, nextId())) kept++;
  return kept;
}

describe("a rate of 1", () => {
  it("keeps every id: 100,000 of them, and the extreme ones", () => {
    seed(1, 2);
    let always = sampler(ALWAYS);
    for (let i = 0; i < 100000; i++) if (!keeps(always, nextId())) expect(i).toBe(-1, "an id was not kept");
    for (let i = 0; i < EXTREMES.length; i++) expect(keeps(always, EXTREMES[i])).toBe(true);
  });
});

describe("a rate of 0", () => {
  it("keeps no id: 100,000 of them, and the extreme ones", () => {
    seed(1, 2);
    let never = sampler(0);
    for (let i = 0; i < 100000; i++) if (keeps(never, nextId())) expect(i).toBe(-1, "an id was kept");
    for (let i = 0; i < EXTREMES.length; i++) expect(keeps(never, EXTREMES[i])).toBe(false);
  });
});

describe("a rate", () => {
  it("keeps the ids whose last 56 bits are not below 2^56 * (1 - rate): 0.0001", () => {
    let least = sampler(1);
    expect(keeps(least, 72050388278524142)).toBe(false);
    expect(keeps(least, 72050388278524143)).toBe(true);
  });

  it("keeps the ids whose last 56 bits are not below 2^56 * (1 - rate): 0.9999", () => {
    let most = sampler(ALWAYS - 1);
    expect(keeps(most, 7205759403791)).toBe(false);
    expect(keeps(most, 7205759403792)).toBe(true);
  });

  it("keeps the ids whose last 56 bits are not below 2^56 * (1 - rate): 0.5", () => {
    let half = sampler(HALF);
    expect(keeps(half, 0x007fffffffffffff)).toBe(false);
    expect(keeps(half, 0x0080000000000000)).toBe(true);
  });

  it("has an exact threshold at each of its 9,999 steps", () => {
    for (let rate: u32 = 1; rate < ALWAYS; rate++) {
      // 2^56 / 10000 is 2^52 / 625. Multiples of 625 are computed separately, so nothing overflows.
      let left = <u64>(ALWAYS - rate);
      let threshold = ((left / 625) << 52) + ((left % 625) << 52) / 625;
      let each = sampler(rate);
      if (!keeps(each, threshold) || keeps(each, threshold - 1)) expect(rate).toBe(0, "the threshold is another");
    }
  });

  it("ignores the first byte of the last half, and everything before it", () => {
    let half = sampler(HALF);
    for (let first: u64 = 0; first < 256; first++) {
      expect(keeps(half, (first << 56) | 0x0080000000000000)).toBe(true);
      expect(keeps(half, (first << 56) | 0x007fffffffffffff)).toBe(false);
    }
  });

  it("decides identically for the same id, always and everywhere", () => {
    seed(3, 4);
    let one = sampler(1234);
    let other = sampler(1234);
    for (let i = 0; i < 100000; i++) {
      let id = nextId();
      let first = keeps(one, id);
      if (keeps(one, id) !== first || keeps(other, id) !== first) expect(id).toBe(0, "two answers for one id");
    }
  });

  it("keeps everything that a smaller rate keeps", () => {
    seed(5, 6);
    let rates: u32[] = [0, 1, 2, 10, 99, 100, 1000, 2500, HALF, 7500, 9000, 9990, ALWAYS - 1, ALWAYS];
    let samplers = new Array<Sampler>();
    for (let i = 0; i < rates.length; i++) samplers.push(sampler(rates[i]));
    for (let n = 0; n < 100000; n++) {
      let id = nextId();
      let kept = false;
      for (let i = 0; i < samplers.length; i++) {
        let isKept = keeps(samplers[i], id);
        if (kept && !isKept) expect(id).toBe(0, "kept at a rate and not at a larger one");
        kept = isKept;
      }
    }
  });

  // Five standard deviations of a binomial distribution, sqrt(n * p * (1 - p)), either way: a sampler that is right is
  // outside of that for 1 seed of the ids in 1.7 million. The seeds are fixed, so there are no false alarms by chance:
  // these either fail always or never.
  it("of 0.5 keeps half of a million ids, within 5 sigma", () => {
    seed(7, 8);
    expect(abs(keptOfMillion(HALF) - 500000)).toBeLessThan(2500);
  });

  it("of 0.1 keeps a tenth of a million ids, within 5 sigma", () => {
    seed(9, 10);
    expect(abs(keptOfMillion(ALWAYS / 10) - 100000)).toBeLessThan(1500);
  });

  it("of 0.01 keeps a hundredth of a million ids, within 5 sigma", () => {
    seed(11, 12);
    expect(abs(keptOfMillion(ALWAYS / 100) - 10000)).toBeLessThan(498);
  });
});

/** A rule of which `index` can be told by its threshold. */
function ruleFor(prefix: string, index: i32): Rule {
  let rule = new Rule(index);
  if (prefix.length > 0) rule.whenPathStartsWith(prefix);
  return rule;
}

/** The threshold that `each` has for a request to `path`. */
function thresholdAt(each: Sampler, path: string): u64 {
  bring(carrier, [":path", path]);
  return each.thresholdOfRequest();
}

describe("rules", () => {
  it("give the threshold of the first that matches", () => {
    let each = new Sampler(0, 0, NOTHING, [ruleFor("/a/b", 1), ruleFor("/a", 2), ruleFor("/a/b/c", 3)]);
    expect(thresholdAt(each, "/a/b/c")).toBe(1);
    expect(thresholdAt(each, "/a/c")).toBe(2);
  });

  it("leave a request that matches none to the rate", () => {
    let each = new Sampler(HALF, 0, NOTHING, [ruleFor("/a", 1)]);
    expect(thresholdAt(each, "/b")).toBe(RANDOM_BITS / 2);
    expect(thresholdAt(each, "")).toBe(RANDOM_BITS / 2);
  });

  it("leave nothing to the rate if the last has no condition", () => {
    let each = new Sampler(HALF, 0, NOTHING, [ruleFor("/a", 1), ruleFor("", 2)]);
    expect(thresholdAt(each, "/a")).toBe(1);
    expect(thresholdAt(each, "/b")).toBe(2);
  });

  it("may be 50", () => {
    let rules: Rule[] = [];
    for (let i = 0; i < 50; i++) rules.push(ruleFor("/" + i.toString() + "/", i));
    let each = new Sampler(0, 0, NOTHING, rules);
    for (let i = 0; i < 50; i++) expect(thresholdAt(each, "/" + i.toString() + "/x")).toBe(i);
    expect(thresholdAt(each, "/50/x")).toBe(RANDOM_BITS, "the rate of 0");
  });

  it("may have a rate of 0, which no trace reaches", () => {
    expect(thresholdOf(0)).toBe(RANDOM_BITS);
    expect(thresholdOf(ALWAYS)).toBe(0);
  });
});

describe("excluded paths", () => {
  it("are prefixes, byte for byte", () => {
    let excluding = new Sampler(ALWAYS, 0, [text("/healthz")]);
    let inside = ["/healthz", "/healthz/", "/healthz/ready", "/healthz?full=1", "/healthzoo"];
    let outside = ["/health", "/", "", "/Healthz", "/HEALTHZ", "//healthz", "/a/healthz", " /healthz", "/?/healthz"];
    for (let i = 0; i < inside.length; i++) expect(excluding.excludes(path(inside[i]))).toBe(true, inside[i]);
    for (let i = 0; i < outside.length; i++) expect(excluding.excludes(path(outside[i]))).toBe(false, outside[i]);
  });

  it("may be several", () => {
    let excluding = new Sampler(ALWAYS, 0, [text("/healthz"), text("/metrics"), text("/a")]);
    expect(excluding.excludes(path("/metrics?format=prometheus"))).toBe(true);
    expect(excluding.excludes(path("/healthz"))).toBe(true);
    expect(excluding.excludes(path("/api"))).toBe(true);
    expect(excluding.excludes(path("/b"))).toBe(false);
  });

  it("may be all", () => {
    let excluding = new Sampler(ALWAYS, 0, [text("/")]);
    expect(excluding.excludes(path("/"))).toBe(true);
    expect(excluding.excludes(path("/productpage"))).toBe(true);
    expect(excluding.excludes(path("*"))).toBe(false);
  });

  it("are empty by default", () => {
    expect(sampler(ALWAYS).excludes(path("/healthz"))).toBe(false);
  });
});

function path(value: string): Field {
  let field = new Field();
  let bytes = text(value);
  field.at = bytes.at;
  field.size = bytes.size;
  field.seen = 1;
  return field;
}

const absent = new Field();

function isForcedBy(requestId: string): bool {
  return isForced(absent, absent, path(requestId));
}

describe("Envoy's forced trace", () => {
  it("is indicated by x-envoy-force-trace and by x-client-trace-id, whatever their values", () => {
    expect(isForced(absent, absent, absent)).toBe(false);
    expect(isForced(path("true"), absent, absent)).toBe(true);
    expect(isForced(path(""), absent, absent)).toBe(true);
    expect(isForced(absent, path("abc"), absent)).toBe(true);
    expect(isForced(absent, path(""), absent)).toBe(true);
  });

  it("is indicated by digit 14 of x-request-id: a for the service, b for the client, and no other byte", () => {
    for (let byte = 0x21; byte < 0x7f; byte++) {
      let digit = String.fromCharCode(byte);
      let forced = digit === "a" || digit === "b";
      expect(isForcedBy("6d1f4ae2-57c3-" + digit + "b21-9d0e-3f6a8c5b7e10")).toBe(forced, digit);
    }
  });

  it("is not indicated by 9, Envoy's own sampling, nor by 4, no trace", () => {
    expect(isForcedBy("6d1f4ae2-57c3-9b21-9d0e-3f6a8c5b7e10")).toBe(false);
    expect(isForcedBy("6d1f4ae2-57c3-4b21-9d0e-3f6a8c5b7e10")).toBe(false);
  });

  it("is not indicated by a or b at any other position", () => {
    expect(isForcedBy("aaaaaaaa-aaaa-4aaa-aaaa-aaaaaaaaaaaa")).toBe(false);
    expect(isForcedBy("bbbbbbbb-bbbb-4bbb-bbbb-bbbbbbbbbbbb")).toBe(false);
  });

  it("is not indicated by a request id of another length", () => {
    expect(isForcedBy("6d1f4ae2-57c3-ab21-9d0e-3f6a8c5b7e1")).toBe(false);
    expect(isForcedBy("6d1f4ae2-57c3-ab21-9d0e-3f6a8c5b7e100")).toBe(false);
    expect(isForcedBy("6d1f4ae257c3a")).toBe(false);
    expect(isForcedBy("aaaaaaaaaaaaaaa")).toBe(false);
    expect(isForcedBy("")).toBe(false);
  });
});
