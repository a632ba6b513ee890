// The headers of the current request. Each file names the ones that it reads, and a single scan finds them all.
import { Fields } from "../bytes/fields";

export const carrier = new Fields();
