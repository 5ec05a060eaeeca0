// Which names users and groups may have.

export const USER_NAME_MAX = 255
/** Beginning and end must show, and a line of a log must stay one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is kept out
const USER_NAME = /^[^\s\u0000-\u001f\u007f*]([^\u0000-\u001f\u007f*]*[^\s\u0000-\u001f\u007f*])?$/
export const USER_NAME_ALLOWED = `1 to ${USER_NAME_MAX} letters without "*" and control characters, no space first or last`

export function isUserName(name: string): boolean {
  return name.length <= USER_NAME_MAX && USER_NAME.test(name)
}
