/** Refuses the request in the words of admission. */
export type Refuse = (why: string) => void;
