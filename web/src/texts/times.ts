/** Times, as few words as they need. */
export const words = {
  justNow: 'just now',
  minutesAgo: (minutes: number) => `${minutes} m ago`,
  hoursAgo: (hours: number) => `${hours} h ago`,
  seconds: (seconds: number) => `${seconds} s`,
  minutes: (minutes: number) => `${minutes} m`,
  hours: (hours: number) => `${hours} h`,
  morning: 'Good morning',
  afternoon: 'Good afternoon',
  evening: 'Good evening',
  greet: (hello: string, name: string) => `${hello}, ${name}`,
};
