/**
 * The commands that busybox brings, one line each; what is missing is not found.
 */
import type { Program } from '../../node/runtime/program.ts';
import { laterShellProgram, shellProgram } from '../shell/program.ts';
import { tarCommand } from './tar.ts';
import { type Applet, applet } from './applet.ts';
import { awkCommand } from './awk/awk.ts';
import { falseCommand, sleepCommand, trueCommand, yesCommand } from './basics.ts';
import { cutCommand, sortCommand, trCommand, uniqCommand } from './columns.ts';
import { cpCommand, lnCommand, mvCommand } from './copy.ts';
import { dateCommand } from './date.ts';
import { diffCommand } from './diff.ts';
import { cmpCommand, ddCommand, hexdumpCommand, odCommand, xxdCommand } from './dump.ts';
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
import { base64Command, md5sumCommand, sha256sumCommand } from './hashes.ts';
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
import { ncCommand, wgetCommand } from './network.ts';
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
  psCommand,
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
  awk: awkCommand,
  base64: base64Command,
  basename: basenameCommand,
  cat: catCommand,
  chgrp: chgrpCommand,
  chmod: chmodCommand,
  chown: chownCommand,
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
  grep: grepCommand,
  head: headCommand,
  hexdump: hexdumpCommand,
  hostname: hostnameCommand,
  id: idCommand,
  ip: ipCommand,
  kill: killApplet,
  killall: killallCommand,
  ln: lnCommand,
  ls: lsCommand,
  md5sum: md5sumCommand,
  mkdir: mkdirCommand,
  mkfifo: mkfifoCommand,
  mktemp: mktempCommand,
  mv: mvCommand,
  nc: ncCommand,
  nl: nlCommand,
  nohup: nohupCommand,
  nproc: nprocCommand,
  nslookup: nslookupCommand,
  od: odCommand,
  paste: pasteCommand,
  pidof: pidofCommand,
  ping: pingCommand,
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
  sha256sum: sha256sumCommand,
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
  test: testAs('test'),
  time: timeCommand,
  timeout: timeoutCommand,
  touch: touchCommand,
  tr: trCommand,
  true: trueCommand,
  truncate: truncateCommand,
  uname: unameCommand,
  unexpand: unexpandCommand,
  uniq: uniqCommand,
  unlink: unlinkCommand,
  uptime: uptimeCommand,
  wc: wcCommand,
  wget: wgetCommand,
  which: whichCommand,
  whoami: whoamiCommand,
  xargs: xargsCommand,
  xxd: xxdCommand,
  yes: yesCommand,
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
