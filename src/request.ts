import type { DeviceType } from './event.ts'

/**
 * What a request says of behaviour, for a live request and for a line of an access log alike: the kind of event by
 * method and path, the kind of device by the client's own words.
 */

/** Words that mean signing in wherever they stand, and those that do only at a path's end: `/sessions/7/notes` does not. */
const LOGIN =
  /(^|[/_.-])((log|sign)[-_]?in|log-?on|authenticate|j_security_check)(?=$|[/_.-])|(^|\/)(auth|sessions?|(access_)?token)(\.[a-z]{2,5})?\/?$/i
const LOGOUT = /(^|[/_.-])((log|sign)[-_]?(out|off))(?=$|\/|\.[a-z]{2,5}$)/i
/** What is deleted to sign out: the session, or one by its id. */
const SESSION = /(^|\/)sessions?(\/[^/]*)?\/?$/i
const DOWNLOAD =
  /(^|[/_.-])(downloads?|exports?|attachments?)(?=$|[/_.-])|\.(zip|gz|tgz|bz2|xz|7z|rar|tar|iso|dmg|exe|msi|apk|jar|rpm|deb|pdf|csv|tsv|xlsx?|docx?|pptx?|epub|mp3|mp4|mov|avi|mkv|sql|bak|parquet)$/i

/** No pattern reads further than this: a path is the client's to choose. */
const MAX_PATH_LENGTH = 512
const MAX_USER_AGENT_LENGTH = 512

/**
 * The event type of a request, by method and path (without query): `login` and `logout` by the words of the path,
 * `download` by its words or its extension, `view` for other reads, `click` for other writes. To read the page with the
 * login form is a view.
 */
export function classifyRequest(method: string, path: string): string {
  const subject = path.length > MAX_PATH_LENGTH ? path.slice(0, MAX_PATH_LENGTH) : path
  const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  if (LOGOUT.test(subject)) return 'logout'
  if (method === 'DELETE' && (SESSION.test(subject) || LOGIN.test(subject))) return 'logout'
  if (!reads && LOGIN.test(subject)) return 'login'
  if (reads && DOWNLOAD.test(subject)) return 'download'
  return reads ? 'view' : 'click'
}

const MOBILE = /\b(Mobi|Mobile|IEMobile|Android|iPhone|iPad|iPod|Windows Phone|Opera Mini|BlackBerry\d*|Kindle|Silk)\b/i

/** `mobile` where the user agent says so, else `desktop`. A tablet counts as mobile. */
export function deviceOf(userAgent: string | undefined): DeviceType {
  return userAgent !== undefined && MOBILE.test(userAgent.slice(0, MAX_USER_AGENT_LENGTH)) ? 'mobile' : 'desktop'
}
