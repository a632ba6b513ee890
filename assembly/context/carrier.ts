// The headers of one request, as far as anybody reads them. Each file names those that it reads, and one scan finds
// them all.
import { Fields } from "../bytes/fields";

export const carrier = new Fields();
