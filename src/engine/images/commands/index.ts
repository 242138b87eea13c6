/**
 * The commands that busybox brings, one line each; what is missing is not found.
 */
import type { Program } from '../../node/runtime/program.ts';
import { laterShellProgram, shellProgram } from '../shell/program.ts';
import { tarCommand } from './tar.ts';
import { psCommand, pgrepCommand, pkillCommand, topCommand, watchCommand } from './processes.ts';
import {
  archCommand,
  clearCommand,
  freeCommand,
  groupsCommand,
  gunzipCommand,
  gzipCommand,
  hostidCommand,
  ioniceCommand,
  lessCommand,
  lognameCommand,
  mountCommand,
  niceCommand,
  setsidCommand,
  telnetCommand,
  ttyCommand,
  ttysizeCommand,
  unzipCommand,
  usleepCommand,
  viCommand,
  whoCommand,
  zcatCommand,
} from './machine.ts';
import { type Applet, applet } from './applet.ts';
import { awkCommand } from './awk/awk.ts';
import { falseCommand, sleepCommand, trueCommand, yesCommand } from './basics.ts';
import { cutCommand, sortCommand, trCommand, uniqCommand } from './columns.ts';
import { cpCommand, lnCommand, mvCommand } from './copy.ts';
import { dateCommand } from './date.ts';
import { diffCommand } from './diff.ts';
import { cmpCommand, ddCommand } from './blocks.ts';
import { hexdumpCommand, odCommand, xxdCommand } from './dump.ts';
import { echoCommand } from './echo.ts';
import {
  mkdirCommand,
  mkfifoCommand,
  mktempCommand,
  rmCommand,
  rmdirCommand,
  touchCommand,
  truncateCommand,
  unlinkCommand,
} from './files.ts';
import { findCommand } from './find.ts';
import { egrepCommand, fgrepCommand, grepCommand, whichCommand, xargsCommand } from './grep.ts';
import { ipCommand } from './ip.ts';
import { sysctlCommand } from './sysctl.ts';
import {
  base64Command,
  md5sumCommand,
  sha1sumCommand,
  sha256sumCommand,
  sha512sumCommand,
} from './hashes.ts';
import {
  commCommand,
  expandCommand,
  foldCommand,
  nlCommand,
  pasteCommand,
  shufCommand,
  splitCommand,
  stringsCommand,
  unexpandCommand,
} from './lines.ts';
import { lsCommand } from './ls.ts';
import { chgrpCommand, chmodCommand, chownCommand } from './modes.ts';
import { basenameCommand, dirnameCommand, exprCommand, printfCommand, testAs } from './names.ts';
import { ncCommand } from './nc.ts';
import { wgetCommand } from './network.ts';
import { pingCommand } from './ping.ts';
import { nslookup128Command, nslookupCommand } from './nslookup.ts';
import { sedCommand } from './sed/sed.ts';
import { dfCommand, duCommand, readlinkCommand, realpathCommand, statCommand } from './stat.ts';
import {
  envCommand,
  hostnameCommand,
  idCommand,
  killallCommand,
  killApplet,
  nohupCommand,
  nprocCommand,
  pidofCommand,
  printenvCommand,
  pwdCommand,
  timeCommand,
  timeoutCommand,
  unameCommand,
  uptimeCommand,
  whoamiCommand,
} from './system.ts';
import {
  catCommand,
  headCommand,
  revCommand,
  seqCommand,
  tacCommand,
  tailCommand,
  teeCommand,
  wcCommand,
} from './text.ts';

const APPLETS: Readonly<Record<string, Applet>> = {
  '[': testAs('['),
  '[[': testAs('[['),
  arch: archCommand,
  awk: awkCommand,
  base64: base64Command,
  basename: basenameCommand,
  cat: catCommand,
  chgrp: chgrpCommand,
  chmod: chmodCommand,
  chown: chownCommand,
  clear: clearCommand,
  cmp: cmpCommand,
  comm: commCommand,
  cp: cpCommand,
  cut: cutCommand,
  date: dateCommand,
  dd: ddCommand,
  df: dfCommand,
  diff: diffCommand,
  dirname: dirnameCommand,
  du: duCommand,
  echo: echoCommand,
  egrep: egrepCommand,
  env: envCommand,
  expand: expandCommand,
  expr: exprCommand,
  false: falseCommand,
  fgrep: fgrepCommand,
  find: findCommand,
  fold: foldCommand,
  free: freeCommand,
  grep: grepCommand,
  groups: groupsCommand,
  gunzip: gunzipCommand,
  gzip: gzipCommand,
  head: headCommand,
  hexdump: hexdumpCommand,
  hostid: hostidCommand,
  hostname: hostnameCommand,
  id: idCommand,
  ionice: ioniceCommand,
  ip: ipCommand,
  kill: killApplet,
  killall: killallCommand,
  less: lessCommand,
  ln: lnCommand,
  logname: lognameCommand,
  ls: lsCommand,
  md5sum: md5sumCommand,
  mkdir: mkdirCommand,
  mkfifo: mkfifoCommand,
  mktemp: mktempCommand,
  more: lessCommand,
  mount: mountCommand,
  mv: mvCommand,
  nc: ncCommand,
  nice: niceCommand,
  nl: nlCommand,
  nohup: nohupCommand,
  nproc: nprocCommand,
  nslookup: nslookupCommand,
  od: odCommand,
  paste: pasteCommand,
  pgrep: pgrepCommand,
  pidof: pidofCommand,
  ping: pingCommand,
  pkill: pkillCommand,
  printenv: printenvCommand,
  printf: printfCommand,
  ps: psCommand,
  pwd: pwdCommand,
  readlink: readlinkCommand,
  realpath: realpathCommand,
  rev: revCommand,
  rm: rmCommand,
  rmdir: rmdirCommand,
  sed: sedCommand,
  seq: seqCommand,
  setsid: setsidCommand,
  sha1sum: sha1sumCommand,
  sha256sum: sha256sumCommand,
  sha512sum: sha512sumCommand,
  shuf: shufCommand,
  sleep: sleepCommand,
  sort: sortCommand,
  split: splitCommand,
  stat: statCommand,
  strings: stringsCommand,
  sysctl: sysctlCommand,
  sync: trueCommand,
  tac: tacCommand,
  tail: tailCommand,
  tar: tarCommand,
  tee: teeCommand,
  telnet: telnetCommand,
  test: testAs('test'),
  time: timeCommand,
  timeout: timeoutCommand,
  top: topCommand,
  touch: touchCommand,
  tr: trCommand,
  true: trueCommand,
  truncate: truncateCommand,
  tty: ttyCommand,
  ttysize: ttysizeCommand,
  uname: unameCommand,
  unexpand: unexpandCommand,
  uniq: uniqCommand,
  unlink: unlinkCommand,
  unzip: unzipCommand,
  uptime: uptimeCommand,
  usleep: usleepCommand,
  vi: viCommand,
  watch: watchCommand,
  wc: wcCommand,
  wget: wgetCommand,
  which: whichCommand,
  who: whoCommand,
  whoami: whoamiCommand,
  xargs: xargsCommand,
  xxd: xxdCommand,
  yes: yesCommand,
  zcat: zcatCommand,
};

const PROGRAMS: Readonly<Record<string, Program>> = {
  ...Object.fromEntries(Object.entries(APPLETS).map(([name, run]) => [name, applet(name, run)])),
  ash: shellProgram,
  sh: shellProgram,
};

/** The shell of busybox 1.37. */
export const laterShell: Program = laterShellProgram;

/** nslookup of busybox 1.28, which is used in examples because it follows the search path. */
export const nslookup128 = applet('nslookup', nslookup128Command);

/** Programs by path, all in |directory|. */
export function busyboxPrograms(directory: string): Record<string, Program> {
  return Object.fromEntries(
    Object.entries(PROGRAMS).map(([name, run]) => [`${directory}/${name}`, run]),
  );
}
