// The details of one span, in Lightstep's order: Operation, Service, Duration, Tags.
import type { TraceBody } from "../../serve/api.ts";
import { formatDuration } from "../../duration.ts";
import { linkTo } from "../route.ts";
import { linkToTraces } from "../traces/filters.ts";
import type { TreeRow } from "./treerows.ts";

interface PanelProps {
  row: TreeRow;
  trace: TraceBody;
  colour: string | undefined;
  onClose(): void;
}

export function SpanPanel({ row: { span }, trace, colour, onClose }: PanelProps) {
  const { service, kind, operation } = span;
  const tags = Object.entries(span.tags).sort(([a], [b]) => a.localeCompare(b, "en"));
  const after = span.startMicros - trace.startMicros;
  return (
    <aside
      class={`panel ${colour ?? ""}`}
      aria-label="Span"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <button type="button" class="close" aria-label="Close the panel" onClick={onClose}>
        <svg viewBox="0 0 10 10" aria-hidden="true">
          <path d="M1.5 1.5 8.5 8.5 M8.5 1.5 1.5 8.5" />
        </svg>
      </button>
      <dl class="facts-of-span">
        <dt>Operation</dt>
        <dd class="strong">{operation}</dd>
        <dt>Service</dt>
        <dd>
          <i class={`dot ${colour ?? ""}`} aria-hidden="true" />
          {span.label}
        </dd>
        <dt>Duration</dt>
        <dd>
          <span class="strong">{formatDuration(span.durationMicros)}</span>
          <span class="quiet"> {after === 0 ? "from the beginning" : `from ${formatDuration(after)} on`}</span>
        </dd>
      </dl>
      <h2 id="tags">Tags</h2>
      <table aria-labelledby="tags">
        <tbody>
          {tags.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">
                <a
                  href={linkTo("latency", { by: name, service, kind, operation })}
                  title={`Latency of this operation by ${name}`}
                >
                  {name}
                </a>
              </th>
              <td>
                <a
                  href={linkToTraces({ service, tags: [`${name}=${value}`], min: "", max: "" })}
                  title="Traces with this tag"
                >
                  {String(value)}
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl class="ids">
        <dt>Span</dt>
        <dd>{span.spanId}</dd>
        <dt>Parent</dt>
        <dd>{span.parentId ?? "none"}</dd>
        <dt>Reporter</dt>
        <dd>{span.reporterId}</dd>
      </dl>
    </aside>
  );
}
