/**
 * Questions and answers of DNS as they stand in datagrams.
 *
 * Models:     RFC 1035 section 4: one question, answers, a code.
 * Simplified: the message is JSON text instead of labels with lengths and compressed names.
 */
import type { DnsAnswer, DnsQuestion } from './program.ts';

export const DNS_PORT = 53;

export interface DnsMessage<T> {
  readonly id: number;
  readonly content: T;
}

export function dnsText<T extends DnsQuestion | DnsAnswer>(message: DnsMessage<T>): string {
  return JSON.stringify(message);
}

/** Undefined where the text is no message: servers and clients pass such datagrams over. */
export function parseQuestion(text: string): DnsMessage<DnsQuestion> | undefined {
  const message = parse<DnsQuestion>(text);
  return typeof message?.content?.name === 'string' ? message : undefined;
}

export function parseAnswer(text: string): DnsMessage<DnsAnswer> | undefined {
  const message = parse<DnsAnswer>(text);
  return Array.isArray(message?.content?.records) ? message : undefined;
}

function parse<T>(text: string): DnsMessage<T> | undefined {
  try {
    return JSON.parse(text) as DnsMessage<T>;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
