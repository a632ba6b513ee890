import {
  noteDone,
  noteHeaders,
  noteLog,
  noteOverdueTick,
  noteUnseen,
  noteRoot,
  noteTick,
  takeSuspicion,
} from "../../../../assembly/filter/callbacks";

// One VM, in the order of its life: callbacks that have come stay known.
describe("callbacks that never come", () => {
  it("are not suspected if nothing happens", () => {
    expect(takeSuspicion()).toBe("");
  });

  it("are reported once: request headers that bypassed us", () => {
    for (let i = 0; i < 9; i++) noteUnseen();
    expect(takeSuspicion()).toBe("");
    noteUnseen();
    expect(takeSuspicion().startsWith("proxy_on_request_headers never came")).toBe(true);
    noteUnseen();
    expect(takeSuspicion()).toBe("");
  });

  it("are reported one after the other: a stream that was not created, a root context that was not configured", () => {
    noteHeaders(true);
    noteHeaders(false);
    expect(takeSuspicion().startsWith("proxy_on_context_create never came")).toBe(true);
    expect(takeSuspicion().startsWith("proxy_on_configure never came")).toBe(true);
    expect(takeSuspicion()).toBe("");
    noteRoot();
    noteHeaders(true);
    expect(takeSuspicion()).toBe("");
  });

  it("are reported if streams are logged and never end", () => {
    for (let i = 0; i < 9; i++) noteLog();
    expect(takeSuspicion()).toBe("");
    noteLog();
    expect(takeSuspicion().startsWith("proxy_on_done never came")).toBe(true);
    noteDone();
    noteLog();
    expect(takeSuspicion()).toBe("");
  });

  it("are not ticks that came before and are late now", () => {
    noteTick();
    noteOverdueTick();
    expect(takeSuspicion()).toBe("");
  });
});
