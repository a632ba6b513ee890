// Every case of the comparison, in one list.
import type { Case } from "./case.ts";
import { failures } from "./cases/failures.ts";
import { filters } from "./cases/filters.ts";
import { grpc } from "./cases/grpc.ts";
import { headers } from "./cases/headers.ts";
import { http3 } from "./cases/http3.ts";
import { http } from "./cases/http.ts";

export const cases: Case[] = [...http, ...headers, ...failures, ...filters, ...grpc, ...http3];
