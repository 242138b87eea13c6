/**
 * ip: the addresses, links and routes of a Pod.
 *
 * Models: busybox networking/libiproute. Simplified: a Pod has one address, on eth0; what would change
 * it is refused.
 */
import type { Proc } from '../../../kernel/process.ts';
import { DEFAULT_CAPABILITIES, hasCapability } from '../../node/runtime/capabilities.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { usage } from './applet.ts';

const CHANGES = ['add', 'del', 'delete', 'set', 'change', 'replace', 'flush'];
const LIFETIME = '       valid_lft forever preferred_lft forever\n';

export function* ipCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  yield* context.work(0);
  const [object = '', action = 'show'] = args.filter((arg) => !arg.startsWith('-'));
  const kind = ['address', 'link', 'route'].find(
    (name) => object !== '' && name.startsWith(object),
  );
  if (kind === undefined) {
    return usage(context, 'ip', '[OPTIONS] address|link|route [ARGS]');
  }
  if (CHANGES.includes(action)) {
    const { user } = context;
    const held = user.capabilities ?? (user.uid === 0 ? DEFAULT_CAPABILITIES : undefined);
    const may = held !== undefined && hasCapability(held, 'NET_ADMIN');
    const why = may ? 'changes are not simulated' : 'RTNETLINK answers: Operation not permitted';
    context.stderr(`ip: ${why}\n`);
    return may ? 1 : 2;
  }
  const address = context.network?.address ?? '';
  context.stdout(kind === 'route' ? routes(address) : links(address, kind === 'address'));
  return 0;
}

function links(address: string, withAddresses: boolean): string {
  let text =
    '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n' +
    '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n';
  if (withAddresses) text += `    inet 127.0.0.1/8 scope host lo\n${LIFETIME}`;
  if (address === '') return text;
  const hex = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  text +=
    '2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue\n' +
    `    link/ether 0a:58:${hex.join(':')} brd ff:ff:ff:ff:ff:ff\n`;
  if (!withAddresses) return text;
  const network = address.replace(/\d+$/, '');
  return `${text}    inet ${address}/24 brd ${network}255 scope global eth0\n${LIFETIME}`;
}

function routes(address: string): string {
  if (address === '') return '';
  const network = address.replace(/\d+$/, '');
  return (
    `default via ${network}1 dev eth0\n` + `${network}0/24 dev eth0 scope link  src ${address}\n`
  );
}
