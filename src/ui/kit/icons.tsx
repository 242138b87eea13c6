/** Icons, drawn in the colour of the text around them. They never carry meaning alone. */
const PATHS = {
  play: 'M4 2.5v11l9-5.5z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  step: 'M3 3v10l6.5-5zM11 3h2v10h-2z',
  stepBack: 'M13 3v10L6.5 8zM3 3h2v10H3z',
  reset: 'M8 3a5 5 0 1 0 5 5h-1.8A3.2 3.2 0 1 1 8 4.8V7l3.6-3L8 1z',
  close:
    'M3.6 2.5 8 6.9l4.4-4.4 1.1 1.1L9.1 8l4.4 4.4-1.1 1.1L8 9.1l-4.4 4.4-1.1-1.1L6.9 8 2.5 3.6z',
  plus: 'M7.2 2.5h1.6v4.7h4.7v1.6H8.8v4.7H7.2V8.8H2.5V7.2h4.7z',
  search:
    'M7 2a5 5 0 1 0 2.9 9.1l3 3 1.2-1.2-3-3A5 5 0 0 0 7 2zm0 1.7a3.3 3.3 0 1 1 0 6.6 3.3 3.3 0 0 1 0-6.6z',
  sun: 'M7.2 1h1.6v2H7.2zM7.2 13h1.6v2H7.2zM1 7.2h2v1.6H1zM13 7.2h2v1.6h-2zM8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.6 3.7l1.1-1.1 1.4 1.4L4 5.1zM10.9 12l1.1-1.1 1.4 1.4-1.1 1.1zM2.6 12.3 4 10.9 5.1 12l-1.4 1.4zM10.9 4l1.4-1.4 1.1 1.1L12 5.1z',
  moon: 'M6.2 1.8a6.4 6.4 0 1 0 8 8A5.6 5.6 0 0 1 6.2 1.8z',
  help: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm-.8 10.2h1.6v1.6H7.2zM8 3.4c1.7 0 2.9 1 2.9 2.5 0 1.2-.8 1.8-1.4 2.3-.5.4-.7.6-.7 1.1v.5H7.2v-.7c0-1.2.7-1.8 1.3-2.2.5-.4.8-.6.8-1.1 0-.6-.5-1-1.3-1S6.7 5.3 6.7 6H5.1C5.1 4.4 6.3 3.4 8 3.4z',
  down: 'M3 5.5 8 10.500l5-5-1.200-1.100L8 8.200 4.200 4.400z',
  waiting:
    'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zm0 1.800a4.200 4.200 0 1 1 0 8.400 4.200 4.200 0 0 1 0-8.400z',
  starting: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zm0 1.800v8.400a4.200 4.200 0 0 1 0-8.400z',
  running: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z',
  completed: 'M6.300 12.600 2 8.300l1.300-1.300 3 3L12.700 3.600 14 4.900z',
  failed:
    'M3.6 2.500 8 6.900l4.400-4.400 1.100 1.100L9.100 8l4.400 4.400-1.100 1.100L8 9.100l-4.400 4.400-1.100-1.100L6.900 8 2.500 3.600z',
  backOff:
    'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zm0 1.700a4.800 4.800 0 1 1 0 9.600 4.800 4.800 0 0 1 0-9.600zM7.200 4.500v4l3 1.800.8-1.300-2.300-1.400V4.500z',
  warning: 'M8 1.500 15 14H1zM7.200 6v4h1.600V6zm0 5v1.600h1.600V11z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 14 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="currentColor"
      fillRule="evenodd"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
