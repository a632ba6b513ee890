// One trace: its facts, its waterfall, and the panel of the current span.
import { useMemo, useState } from "preact/hooks";
import type { TraceBody } from "../../serve/api.ts";
import { formatDuration } from "../../duration.ts";
import { explainSampling } from "../../store/kept.ts";
import { Empty } from "../empty.tsx";
import { useCalm, useFetched } from "../fetch.ts";
import { useNarrow } from "../media.ts";
import { goTo, linkTo } from "../route.ts";
import { formatTime, plural, sentence } from "../words.ts";
import { SpanPanel } from "./panel.tsx";
import { toRows, unfolded } from "./treerows.ts";
import { Waterfall } from "./waterfall.tsx";

/** Limit on services in the legend; there are no more colours. */
const MOST_SERVICES = 10;

interface TraceProps {
  traceId: string;
  /** The key of the span that the address names. */
  span: string | null;
  colours: Map<string, string>;
  /** Grows when the trace does. */
  changes: number;
  /** The address of the list, with its filters. */
  back: string;
}

export function TraceView({ traceId, span, colours, changes, back }: TraceProps) {
  const { value: trace, problem } = useFetched<TraceBody>(`/api/traces/${traceId}`, useCalm(changes, 1000));
  if (trace) return <Loaded trace={trace} span={span} colours={colours} back={back} />;
  return (
    <section class="trace">
      <h1 class="unseen">Trace {traceId}</h1>
      {problem ? (
        <Empty title={sentence(problem)}>
          The satellite keeps the latest traces only. <a href={back}>Back to the list</a>
        </Empty>
      ) : (
        <Empty title="Loading …" />
      )}
    </section>
  );
}

function Loaded({ trace, span, colours, back }: Omit<TraceProps, "traceId" | "changes"> & { trace: TraceBody }) {
  const narrow = useNarrow();
  const [folded, setFolded] = useState<Set<string>>(new Set());
  const [open, setOpen] = useState(!narrow || span !== null);
  const all = useMemo(() => toRows(trace.spans), [trace]);
  const rows = useMemo(() => unfolded(all, folded), [all, folded]);
  const active = rows.find(({ key }) => key === span) ?? rows[0];
  const show = (key: string): void => goTo(linkTo(`trace/${trace.traceId}`, { span: key }), "replace");
  const fold = (keys: string[], close: boolean): void => {
    const next = new Set(folded);
    for (const key of keys)
      if (close) next.add(key);
      else next.delete(key);
    setFolded(next);
  };
  const parents = all.filter(({ children }) => children > 0).map(({ key }) => key);
  const operation = (trace.root ?? trace.spans[0])?.operation;
  const gap = explainSampling(trace.spans);
  const close = (): void => {
    setOpen(false);
    document.querySelector<HTMLElement>(".treegrid")?.focus();
  };

  return (
    <section class={`trace ${open ? "with-panel" : ""}`} aria-label="Trace">
      <header class="trace-head">
        <h1 title={operation}>{operation}</h1>
        <dl class="facts">
          <Fact name="Duration" value={formatDuration(trace.durationMicros)} />
          <Fact name="Spans" value={trace.spans.length.toLocaleString("en")} />
          <Fact name="Errors" value={trace.errors.toLocaleString("en")} alarm={trace.errors > 0} />
          <Fact name="Began" value={formatTime(trace.startMicros)} />
          <Fact name="Trace" value={trace.traceId} mono />
        </dl>
        {gap !== "" && <p class="gap">{gap}</p>}
        <div class="legend">
          <ul aria-label="Services">
            {trace.services.slice(0, MOST_SERVICES).map((service) => (
              <li key={service}>
                <i class={colours.get(service)} aria-hidden="true" />
                <span title={service}>{service}</span>
              </li>
            ))}
            {trace.services.length > MOST_SERVICES && <li>and {trace.services.length - MOST_SERVICES} more</li>}
          </ul>
          <span class="kinds" aria-hidden="true">
            <i class="bar client" /> client <i class="bar server" /> server
          </span>
          <button type="button" disabled={folded.size === 0} onClick={() => setFolded(new Set())}>
            Unfold all
          </button>
          <button type="button" disabled={parents.every((key) => folded.has(key))} onClick={() => fold(parents, true)}>
            Fold all
          </button>
        </div>
      </header>
      <Waterfall
        trace={trace}
        rows={rows}
        folded={folded}
        colours={colours}
        narrow={narrow}
        active={active?.key ?? null}
        onActive={show}
        onOpen={() => setOpen(true)}
        onFold={(key, closed) => fold([key], closed)}
        onLeave={() => (open ? close() : goTo(back))}
      />
      {open && active && (
        <SpanPanel row={active} trace={trace} colour={colours.get(active.span.service)} onClose={close} />
      )}
      <p class="unseen" role="status">
        {plural(rows.length, "span")} shown
      </p>
    </section>
  );
}

function Fact({ name, value, alarm, mono }: { name: string; value: string; alarm?: boolean; mono?: boolean }) {
  return (
    <div class={alarm ? "alarm" : mono ? "mono" : ""}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
