// Memory that lasts as long as what it was made for: the module's own names for ever, what a configuration brings as long as
// somebody has its Hold. Its blocks are managed and hang together: nobody frees them, they are collected with their Hold.

export class Hold {
  next: Hold | null = null;
}

const names: Hold = new Hold();
let current: Hold = names;

/** Whatever is made from now on lasts as long as this Hold. */
export function beginHold(): Hold {
  current = new Hold();
  return current;
}

/** `size` bytes that last as long as the present Hold. */
export function hold(size: usize): usize {
  let block = changetype<Hold>(__new(offsetof<Hold>() + size, idof<Hold>()));
  block.next = current.next;
  current.next = block;
  return changetype<usize>(block) + offsetof<Hold>();
}
