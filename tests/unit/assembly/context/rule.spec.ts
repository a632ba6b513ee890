// Which requests a sampling rule matches. sampling.spec.ts tests which of several rules decides.
import { carrier } from "../../../../assembly/context/carrier";
import { Rule } from "../../../../assembly/context/rule";
import { bring } from "../headers";

const CHECKOUT: string[] = [":method", "POST", ":path", "/checkout/1?a=b", "x-tenant", "acme"];

function matches(rule: Rule, headers: string[] = CHECKOUT): bool {
  bring(carrier, headers);
  return rule.matches;
}

function withPrefix(prefix: string): Rule {
  let rule = new Rule(0);
  rule.whenPathStartsWith(prefix);
  return rule;
}

function withMethod(method: string): Rule {
  let rule = new Rule(0);
  rule.whenMethodIs(method);
  return rule;
}

function withHeader(name: string, value: string): Rule {
  let rule = new Rule(0);
  rule.whenHeaderIs(name, value);
  return rule;
}

describe("a rule without conditions", () => {
  it("matches every request", () => {
    expect(matches(new Rule(0))).toBe(true);
    expect(matches(new Rule(0), [])).toBe(true);
  });

  it("has its threshold", () => {
    expect(new Rule(0x80000000000000).threshold).toBe(0x80000000000000);
  });
});

describe("a prefix of the path", () => {
  it("matches the paths that begin with it, byte for byte", () => {
    expect(matches(withPrefix("/checkout"))).toBe(true);
    expect(matches(withPrefix("/checkout/1?a=b"))).toBe(true);
    expect(matches(withPrefix("/"))).toBe(true);
    expect(matches(withPrefix("/checkout/1?a=bc"))).toBe(false);
    expect(matches(withPrefix("/Checkout"))).toBe(false);
    expect(matches(withPrefix("/heckout"))).toBe(false);
  });

  it("does not match an empty path, or none", () => {
    expect(matches(withPrefix("/"), [":path", ""])).toBe(false);
    expect(matches(withPrefix("/"), [":method", "CONNECT"])).toBe(false);
  });
});

describe("a method", () => {
  it("matches itself alone", () => {
    expect(matches(withMethod("POST"))).toBe(true);
    expect(matches(withMethod("POS"))).toBe(false);
    expect(matches(withMethod("POSTS"))).toBe(false);
    expect(matches(withMethod("GET"))).toBe(false);
  });

  it("does not match in another case, or an absent one", () => {
    expect(matches(withMethod("POST"), [":method", "post"])).toBe(false);
    expect(matches(withMethod("POST"), [])).toBe(false);
  });
});

describe("a header with a value", () => {
  it("matches exactly that value", () => {
    expect(matches(withHeader("x-tenant", "acme"))).toBe(true);
    expect(matches(withHeader("x-tenant", "acm"))).toBe(false);
    expect(matches(withHeader("x-tenant", "acme2"))).toBe(false);
    expect(matches(withHeader("x-tenant", "Acme"))).toBe(false);
  });

  it("does not match an absent or empty header", () => {
    expect(matches(withHeader("x-tenant", "acme"), [":path", "/"])).toBe(false);
    expect(matches(withHeader("x-tenant", "acme"), ["x-tenant", ""])).toBe(false);
    expect(matches(withHeader("x-tenant", "acme"), ["x-tenants", "acme"])).toBe(false);
  });

  it("matches the first of several lines, not a later one", () => {
    expect(matches(withHeader("x-tenant", "acme"), ["x-tenant", "acme", "x-tenant", "other"])).toBe(true);
    expect(matches(withHeader("x-tenant", "acme"), ["x-tenant", "other", "x-tenant", "acme"])).toBe(false);
  });

  it("may be a pseudo header, or have a name of 63 bytes", () => {
    expect(matches(withHeader(":authority", "shop"), [":authority", "shop"])).toBe(true);
    expect(matches(withHeader(":scheme", "https"), [":scheme", "http"])).toBe(false);
    expect(matches(withHeader("n".repeat(63), "1"), ["n".repeat(63), "1"])).toBe(true);
  });
});

describe("a header without a value", () => {
  it("matches if the header is there, even if it is empty or came several times", () => {
    expect(matches(withHeader("x-tenant", ""))).toBe(true);
    expect(matches(withHeader("x-tenant", ""), ["x-tenant", ""])).toBe(true);
    expect(matches(withHeader("x-tenant", ""), ["x-tenant", "a", "x-tenant", "b"])).toBe(true);
    expect(matches(withHeader("x-tenant", ""), [":path", "/"])).toBe(false);
  });

  it("does not match a request after the one that had it", () => {
    let rule = withHeader("x-tenant", "");
    expect(matches(rule)).toBe(true);
    expect(matches(rule, [])).toBe(false);
  });
});

describe("a rule with several conditions", () => {
  it("matches only a request that meets all of them", () => {
    let rule = withPrefix("/checkout");
    rule.whenMethodIs("POST");
    rule.whenHeaderIs("x-tenant", "acme");
    expect(matches(rule)).toBe(true);
    expect(matches(rule, [":method", "POST", ":path", "/cart", "x-tenant", "acme"])).toBe(false);
    expect(matches(rule, [":method", "GET", ":path", "/checkout", "x-tenant", "acme"])).toBe(false);
    expect(matches(rule, [":method", "POST", ":path", "/checkout", "x-tenant", "other"])).toBe(false);
    expect(matches(rule, [":method", "POST", ":path", "/checkout"])).toBe(false);
  });
});
