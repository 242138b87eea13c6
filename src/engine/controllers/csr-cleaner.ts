/**
 * Cleaner of certificate requests: those that are long settled, or that nobody has looked at.
 *
 * Models:     pkg/controller/certificates/cleaner cleaner.go (v1.36)
 * Watches:    CertificateSigningRequest
 * Writes:     CertificateSigningRequest delete
 * Simplified: nothing known
 */
import { CertificateSigningRequest } from '../../api/kinds/certificate-signing-request.ts';
import { isApiError } from '../../api/meta/status.ts';
import { decodeBase64 } from '../../api/meta/utf8.ts';
import { notAfterMs } from '../../api/meta/x509/authority.ts';
import { decodePem } from '../../api/meta/x509/pem.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

type Csr = CertificateSigningRequest;

const HOUR_MS = 3_600_000;
const POLL_US = 3600 * MICROS_PER_SECOND; // pollingInterval
const SETTLED_MS = HOUR_MS; // approvedExpiration, deniedExpiration
const PENDING_MS = 24 * HOUR_MS; // pendingExpiration

export function csrCleanerController(): ControllerDefinition<Csr> {
  return defineController<Csr>({
    name: 'certificatesigningrequest-cleaner-controller',
    serviceAccount: 'certificate-controller',
    primary: CertificateSigningRequest,
    ownHandlers: true,
    workers: 1,
    start(context) {
      const poll = (): void => {
        for (const csr of context.informers.for(CertificateSigningRequest).all()) {
          if (isDue(csr, context.kernel.nowMs)) context.queue.add(csr.metadata.name);
        }
        context.after(POLL_US, poll, true);
      };
      context.after(POLL_US, poll, true);
    },
    reconcile: remove,
  });
}

function* remove(name: string, context: ControllerContext): Proc {
  try {
    yield* context.client.delete(CertificateSigningRequest, '', name);
  } catch (error) {
    // Somebody else has deleted it.
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

/** Pure: whether nobody needs |csr| any more. */
export function isDue(csr: Csr, nowMs: number): boolean {
  const { conditions = [], certificate } = csr.status;
  const isOld = (time: string | undefined, ageMs: number): boolean =>
    time !== undefined && nowMs - Date.parse(time) > ageMs;
  if (conditions.length === 0) return isOld(csr.metadata.creationTimestamp, PENDING_MS);
  return conditions.some(({ type, lastUpdateTime }) => {
    if (type === 'Denied' || type === 'Failed') return isOld(lastUpdateTime, SETTLED_MS);
    if (type !== 'Approved') return false;
    if (!certificate) return isOld(lastUpdateTime, PENDING_MS);
    return isOld(lastUpdateTime, SETTLED_MS) || isExpired(certificate, nowMs);
  });
}

function isExpired(certificate: string, nowMs: number): boolean {
  const block = decodePem(decodeBase64(certificate));
  return block !== null && notAfterMs(block.bytes) < nowMs;
}
