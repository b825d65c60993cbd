import type { LicenseSnapshot } from '@lexchange/contracts'

/** License number `index` of a bench: a license as real ones are, by size. */
export function benchLicense(index: number): LicenseSnapshot {
  const name = `示例企业${index}有限公司`
  const time = new Date(Date.UTC(2020, 0, 1) + index * 60_000).toISOString()
  return {
    licenseId: `01900000-0000-7000-8000-${String(index).padStart(12, '0')}`,
    identifier: `1.2.156.3005.2.11100000MB0143028R001.11440300MB2C92138T.${String(index).padStart(12, '0')}.001.0`,
    type: 'business-license',
    number: benchNumber(index),
    holder: { kind: 'enterprise', uscc: benchNumber(index), name },
    authority: { id: 'shenzhen', name: 'Shenzhen Administration for Market Regulation' },
    region: '440300',
    issuedAt: time,
    versions: [
      {
        version: 1,
        event: 'issued',
        status: 'active',
        validFrom: time,
        validUntil: '2099-01-01T00:00:00.000Z',
        effectiveAt: time,
        claims: {
          name,
          enterpriseType: 'limited-liability-company',
          legalRepresentative: '张三',
          registeredCapital: { amount: '1000000.00', currency: 'CNY' },
          establishedOn: time.slice(0, 10),
          businessScope: '软件开发;信息技术咨询服务;计算机系统服务',
          domicile: '广东省深圳市南山区示例路1号',
        },
      },
    ],
  }
}

function benchNumber(index: number): string {
  return `91440300${String(index).padStart(10, '0')}`
}

/** Paths that ask for numbers all over the licenses, in an order that no cache of pages likes. */
export function statusPaths(licenses: number, count = 1_000): string[] {
  return Array.from(
    { length: count },
    (_, index) =>
      `/v1/licenses/business-license/${benchNumber((index * 2_654_435_761) % licenses)}/status`,
  )
}
