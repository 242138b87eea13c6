/**
 * Requests that the API server passes on to the kubelet of a node, and what comes back of them.
 *
 * Models: k8s.io/apiserver pkg/registry/generic/rest streamer.go, response_checker.go (v1.36)
 */
import type { NodeConnect } from '../../api/meta/define-kind.ts';
import { encodeUtf8 } from '../../api/meta/utf8.ts';
import type { StreamAnswer, TextAnswer } from './call.ts';
import { ByteStream } from './rest/stream.ts';
import type { ApiServer } from './server.ts';

export function connectToNode(
  server: ApiServer,
  { dial, refused, unreachable }: NodeConnect,
): TextAnswer | StreamAnswer {
  const answer = server.dial(dial);
  if (!answer) throw unreachable;
  const { code, follow, text } = answer;
  if (code >= 400) throw refused(code, text);
  if (!follow) return { code, text };
  let stop = (): void => undefined;
  const stream = new ByteStream(() => stop());
  if (text !== '') stream.write(encodeUtf8(text));
  stop = follow(
    (more) => stream.write(encodeUtf8(more)),
    () => stream.end(),
  );
  return { code, stream, type: 'text/plain' };
}
