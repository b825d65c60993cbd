import { Type } from 'typebox'

/** Currencies in use, ISO 4217. */
const CURRENCIES = `
  AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
  CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
  GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD
  KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
  NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP
  SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND
  VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG`

/** Schema of an amount of money that is not negative: a decimal in a string, as floats would round. */
export function money() {
  return Type.Object(
    {
      amount: Type.String({
        pattern: '^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,4})?$',
        description: 'a decimal number such as 1000.00',
      }),
      currency: Type.Enum(CURRENCIES.trim().split(/\s+/), {
        description: 'a currency code of ISO 4217',
      }),
    },
    { additionalProperties: false },
  )
}
