// The headers that carry trace context, as one request brought them. The one list of their names.
import { Field, Fields } from "../bytes/fields";

export const carrier = new Fields();

export const B3: Field = carrier.want("b3");
export const TRACE_ID: Field = carrier.want("x-b3-traceid");
export const SPAN_ID: Field = carrier.want("x-b3-spanid");
export const PARENT_SPAN_ID: Field = carrier.want("x-b3-parentspanid");
export const SAMPLED: Field = carrier.want("x-b3-sampled");
export const FLAGS: Field = carrier.want("x-b3-flags");
