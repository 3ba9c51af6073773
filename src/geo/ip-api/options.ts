// The options of ip-api.com: its endpoint and its key.

import { Config, Effect, Option, Redacted } from "effect"
import { GeoLocatorConfigError } from "../../domain/GeoLocatorError.ts"

export interface IpApiOptions {
  /**
   * The batch endpoint. Default (also for empty text) http://ip-api.com/batch, or https://pro.ip-api.com/batch with a
   * key.
   */
  readonly url?: string | undefined
  /** For the paid service. Empty text: no key. */
  readonly key?: Redacted.Redacted | undefined
}

/** `IP_API_URL` and `IP_API_KEY`; both may be missing. */
export const config: Config.Config<IpApiOptions> = Config.all({
  url: Config.option(Config.String("IP_API_URL")),
  key: Config.option(Config.Redacted("IP_API_KEY")),
}).pipe(Config.map(({ key, url }) => ({ url: Option.getOrUndefined(url), key: Option.getOrUndefined(key) })))

const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)

/** The key; undefined: none. */
export const keyOf = ({ key }: IpApiOptions): Redacted.Redacted | undefined =>
  key !== undefined && Redacted.value(key) !== "" ? key : undefined

const urlOf = (options: IpApiOptions): string =>
  options.url || (keyOf(options) === undefined ? "http://ip-api.com/batch" : "https://pro.ip-api.com/batch")

/** The host of the service: each host has a quota of its own. */
export const hostOf = (options: IpApiOptions): string => {
  const url = urlOf(options)
  return URL.canParse(url) ? new URL(url).host : url
}

/** Where requests are sent. */
export const endpointOf = Effect.fnUntraced(function* (options: IpApiOptions) {
  const url = urlOf(options)
  const refuse = (why: string) => new GeoLocatorConfigError({ setting: "url", message: `The URL of ip-api ${why}.` })
  if (!URL.canParse(url)) return yield* refuse("is not a URL, such as http://ip-api.com/batch")
  const endpoint = new URL(url)
  if (!/^https?:$/.test(endpoint.protocol)) return yield* refuse("must begin with http:// or https://")
  if (endpoint.username !== "" || endpoint.password !== "") return yield* refuse("must not hold a user or a password")
  if (keyOf(options) !== undefined && endpoint.protocol === "http:" && !isLoopback(endpoint)) {
    return yield* refuse("must begin with https:// where a key is sent")
  }
  return endpoint
})
