// Made by packages/client/scripts/generate-types.ts: npm run generate

export interface components {
    schemas: {
        amended: {
            data: {
                authority: {
                    id: string;
                    name: string;
                };
                /** @description Public claims */
                claims: {
                    [key: string]: unknown;
                };
                /**
                 * Format: date-time
                 * @description From when the change holds; of `expired`, the end of validity
                 */
                effectiveAt: string;
                holder: {
                    /** @constant */
                    kind: "enterprise";
                    name: string;
                    uscc: string;
                } | {
                    /** @constant */
                    kind: "person";
                };
                /** @description GB/T 36904 identifier */
                identifier: string;
                /** Format: date-time */
                issuedAt: string;
                /** Format: uuid */
                licenseId: string;
                number: string;
                /** @description GB/T 2260 division code */
                region: string;
                /**
                 * @description This version also has personal or secret claims, which SEALED carries encrypted
                 * @constant
                 */
                sealed?: true;
                status: "active" | "suspended" | "revoked" | "cancelled";
                type: string;
                /** Format: date-time */
                validFrom: string;
                validUntil: string | null;
                version: number;
            };
            /** @constant */
            datacontenttype: "application/json";
            id: string;
            sequence?: string;
            source: string;
            /** @constant */
            specversion: "1.0";
            subject: string;
            /** Format: date-time */
            time: string;
            traceparent?: string;
            /** @constant */
            type: "lexchange.license.amended.v1";
        };
        cancelled: {
            data: {
                authority: {
                    id: string;
                    name: string;
                };
                /** @description Public claims */
                claims: {
                    [key: string]: unknown;
                };
                /**
                 * Format: date-time
                 * @description From when the change holds; of `expired`, the end of validity
                 */
                effectiveAt: string;
                holder: {
                    /** @constant */
                    kind: "enterprise";
                    name: string;
                    uscc: string;
                } | {
                    /** @constant */
                    kind: "person";
                };
                /** @description GB/T 36904 identifier */
                identifier: string;
                /** Format: date-time */
                issuedAt: string;
                /** Format: uuid */
                licenseId: string;
                number: string;
                /** @description GB/T 2260 division code */
                region: string;
                /**
                 * @description This version also has personal or secret claims, which SEALED carries encrypted
                 * @constant
                 */
                sealed?: true;
                status: "active" | "suspended" | "revoked" | "cancelled";
                type: string;
                /** Format: date-time */
                validFrom: string;
                validUntil: string | null;
                version: number;
            };
            /** @constant */
            datacontenttype: "application/json";
            id: string;
            sequence?: string;
            source: string;
            /** @constant */
            specversion: "1.0";
            subject: string;
            /** Format: date-time */
            time: string;
            traceparent?: string;
            /** @constant */
            type: "lexchange.license.cancelled.v1";
        };
        expired: {
            data: {
                authority: {
                    id: string;
                    name: string;
                };
                /** @description Public claims */
                claims: {
                    [key: string]: unknown;
                };
                /**
                 * Format: date-time
                 * @description From when the change holds; of `expired`, the end of validity
                 */
                effectiveAt: string;
                holder: {
                    /** @constant */
                    kind: "enterprise";
                    name: string;
                    uscc: string;
                } | {
                    /** @constant */
                    kind: "person";
                };
                /** @description GB/T 36904 identifier */
                identifier: string;
                /** Format: date-time */
                issuedAt: string;
                /** Format: uuid */
                licenseId: string;
                number: string;
                /** @description GB/T 2260 division code */
                region: string;
                /**
                 * @description This version also has personal or secret claims, which SEALED carries encrypted
                 * @constant
                 */
                sealed?: true;
                status: "active" | "suspended" | "revoked" | "cancelled";
                type: string;
                /** Format: date-time */
                validFrom: string;
                validUntil: string | null;
                version: number;
            };
            /** @constant */
            datacontenttype: "application/json";
            id: string;
            sequence?: string;
            source: string;
            /** @constant */
            specversion: "1.0";
            subject: string;
            /** Format: date-time */
            time: string;
            traceparent?: string;
            /** @constant */
            type: "lexchange.license.expired.v1";
        };
        issued: {
            data: {
                authority: {
                    id: string;
                    name: string;
                };
                /** @description Public claims */
                claims: {
                    [key: string]: unknown;
                };
                /**
                 * Format: date-time
                 * @description From when the change holds; of `expired`, the end of validity
                 */
                effectiveAt: string;
                holder: {
                    /** @constant */
                    kind: "enterprise";
                    name: string;
                    uscc: string;
                } | {
                    /** @constant */
                    kind: "person";
                };
                /** @description GB/T 36904 identifier */
                identifier: string;
                /** Format: date-time */
                issuedAt: string;
                /** Format: uuid */
                licenseId: string;
                number: string;
                /** @description GB/T 2260 division code */
                region: string;
                /**
                 * @description This version also has personal or secret claims, which SEALED carries encrypted
                 * @constant
                 */
                sealed?: true;
                status: "active" | "suspended" | "revoked" | "cancelled";
                type: string;
                /** Format: date-time */
                validFrom: string;
                validUntil: string | null;
                version: number;
            };
            /** @constant */
            datacontenttype: "application/json";
            id: string;
            sequence?: string;
            source: string;
            /** @constant */
            specversion: "1.0";
            subject: string;
            /** Format: date-time */
            time: string;
            traceparent?: string;
            /** @constant */
            type: "lexchange.license.issued.v1";
        };
        reinstated: {
            data: {
                authority: {
                    id: string;
                    name: string;
                };
                /** @description Public claims */
                claims: {
                    [key: string]: unknown;
                };
                /**
                 * Format: date-time
                 * @description From when the change holds; of `expired`, the end of validity
                 */
                effectiveAt: string;
                holder: {
                    /** @constant */
                    kind: "enterprise";
                    name: string;
                    uscc: string;
                } | {
                    /** @constant */
                    kind: "person";
                };
                /** @description GB/T 36904 identifier */
                identifier: string;
                /** Format: date-time */
                issuedAt: string;
                /** Format: uuid */
                licenseId: string;
                number: string;
                /** @description GB/T 2260 division code */
                region: string;
                /**
                 * @description This version also has personal or secret claims, which SEALED carries encrypted
                 * @constant
                 */
                sealed?: true;
                status: "active" | "suspended" | "revoked" | "cancelled";
                type: string;
                /** Format: date-time */
                validFrom: string;
                validUntil: string | null;
                version: number;
            };
            /** @constant */
            datacontenttype: "application/json";
            id: string;
            sequence?: string;
            source: string;
            /** @constant */
            specversion: "1.0";
            subject: string;
            /** Format: date-time */
            time: string;
            traceparent?: string;
            /** @constant */
            type: "lexchange.license.reinstated.v1";
        };
        renewed: {
            data: {
                authority: {
                    id: string;
                    name: string;
                };
                /** @description Public claims */
                claims: {
                    [key: string]: unknown;
                };
                /**
                 * Format: date-time
                 * @description From when the change holds; of `expired`, the end of validity
                 */
                effectiveAt: string;
                holder: {
                    /** @constant */
                    kind: "enterprise";
                    name: string;
                    uscc: string;
                } | {
                    /** @constant */
                    kind: "person";
                };
                /** @description GB/T 36904 identifier */
                identifier: string;
                /** Format: date-time */
                issuedAt: string;
                /** Format: uuid */
                licenseId: string;
                number: string;
                /** @description GB/T 2260 division code */
                region: string;
                /**
                 * @description This version also has personal or secret claims, which SEALED carries encrypted
                 * @constant
                 */
                sealed?: true;
                status: "active" | "suspended" | "revoked" | "cancelled";
                type: string;
                /** Format: date-time */
                validFrom: string;
                validUntil: string | null;
                version: number;
            };
            /** @constant */
            datacontenttype: "application/json";
            id: string;
            sequence?: string;
            source: string;
            /** @constant */
            specversion: "1.0";
            subject: string;
            /** Format: date-time */
            time: string;
            traceparent?: string;
            /** @constant */
            type: "lexchange.license.renewed.v1";
        };
        revoked: {
            data: {
                authority: {
                    id: string;
                    name: string;
                };
                /** @description Public claims */
                claims: {
                    [key: string]: unknown;
                };
                /**
                 * Format: date-time
                 * @description From when the change holds; of `expired`, the end of validity
                 */
                effectiveAt: string;
                holder: {
                    /** @constant */
                    kind: "enterprise";
                    name: string;
                    uscc: string;
                } | {
                    /** @constant */
                    kind: "person";
                };
                /** @description GB/T 36904 identifier */
                identifier: string;
                /** Format: date-time */
                issuedAt: string;
                /** Format: uuid */
                licenseId: string;
                number: string;
                /** @description GB/T 2260 division code */
                region: string;
                /**
                 * @description This version also has personal or secret claims, which SEALED carries encrypted
                 * @constant
                 */
                sealed?: true;
                status: "active" | "suspended" | "revoked" | "cancelled";
                type: string;
                /** Format: date-time */
                validFrom: string;
                validUntil: string | null;
                version: number;
            };
            /** @constant */
            datacontenttype: "application/json";
            id: string;
            sequence?: string;
            source: string;
            /** @constant */
            specversion: "1.0";
            subject: string;
            /** Format: date-time */
            time: string;
            traceparent?: string;
            /** @constant */
            type: "lexchange.license.revoked.v1";
        };
        suspended: {
            data: {
                authority: {
                    id: string;
                    name: string;
                };
                /** @description Public claims */
                claims: {
                    [key: string]: unknown;
                };
                /**
                 * Format: date-time
                 * @description From when the change holds; of `expired`, the end of validity
                 */
                effectiveAt: string;
                holder: {
                    /** @constant */
                    kind: "enterprise";
                    name: string;
                    uscc: string;
                } | {
                    /** @constant */
                    kind: "person";
                };
                /** @description GB/T 36904 identifier */
                identifier: string;
                /** Format: date-time */
                issuedAt: string;
                /** Format: uuid */
                licenseId: string;
                number: string;
                /** @description GB/T 2260 division code */
                region: string;
                /**
                 * @description This version also has personal or secret claims, which SEALED carries encrypted
                 * @constant
                 */
                sealed?: true;
                status: "active" | "suspended" | "revoked" | "cancelled";
                type: string;
                /** Format: date-time */
                validFrom: string;
                validUntil: string | null;
                version: number;
            };
            /** @constant */
            datacontenttype: "application/json";
            id: string;
            sequence?: string;
            source: string;
            /** @constant */
            specversion: "1.0";
            subject: string;
            /** Format: date-time */
            time: string;
            traceparent?: string;
            /** @constant */
            type: "lexchange.license.suspended.v1";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
