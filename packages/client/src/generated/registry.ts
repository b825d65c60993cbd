// Made by packages/client/scripts/generate-types.ts: npm run generate

export interface operations {
    searchLicenses: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description USCC of the holder */
                holder?: string;
                limit?: number;
                /** @description Part of the number or of the holder's name */
                q?: string;
                /** @description Division code; a province or city holds the divisions in it */
                region?: string;
                status?: "active" | "suspended" | "revoked" | "cancelled" | "not-yet-valid" | "expired";
                type?: string;
                updatedSince?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of licenses */
            200: {
                headers: {
                    /** @description Of a department: the agreements that the answer was given by */
                    "Lexchange-Agreement"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            authority: {
                                id: string;
                                name: string;
                            };
                            /** @description Public claims */
                            claims: {
                                [key: string]: unknown;
                            };
                            holder: {
                                /** @constant */
                                kind: "enterprise";
                                name: string;
                                uscc: string;
                            } | {
                                /** @constant */
                                kind: "person";
                            };
                            /** Format: uuid */
                            id: string;
                            /** @description National license identifier (GB/T 36904) */
                            identifier: string;
                            /** Format: date-time */
                            issuedAt: string;
                            number: string;
                            /** @description GB/T 2260 division code */
                            region: string;
                            /**
                             * @description Derived at the moment of asking
                             * @enum {unknown}
                             */
                            status: "active" | "suspended" | "revoked" | "cancelled" | "not-yet-valid" | "expired";
                            type: string;
                            /** Format: date-time */
                            updatedAt: string;
                            /** Format: date-time */
                            validFrom: string;
                            validUntil: string | null;
                            version: number;
                        }[];
                        /** @description Where the next page begins; null on the last one */
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    getLicense: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The license; a department reads it by an agreement */
            200: {
                headers: {
                    /** @description Of a department: the agreements that the answer was given by */
                    "Lexchange-Agreement"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        license: {
                            authority: {
                                id: string;
                                name: string;
                            };
                            /** @description Public claims */
                            claims: {
                                [key: string]: unknown;
                            };
                            holder: {
                                /** @constant */
                                kind: "enterprise";
                                name: string;
                                uscc: string;
                            } | {
                                /** @constant */
                                kind: "person";
                            };
                            /** Format: uuid */
                            id: string;
                            /** @description National license identifier (GB/T 36904) */
                            identifier: string;
                            /** Format: date-time */
                            issuedAt: string;
                            number: string;
                            /** @description GB/T 2260 division code */
                            region: string;
                            /**
                             * @description Derived at the moment of asking
                             * @enum {unknown}
                             */
                            status: "active" | "suspended" | "revoked" | "cancelled" | "not-yet-valid" | "expired";
                            type: string;
                            /** Format: date-time */
                            updatedAt: string;
                            /** Format: date-time */
                            validFrom: string;
                            validUntil: string | null;
                            version: number;
                        };
                    };
                };
            };
        };
    };
    getLicenseHistory: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of versions; a department reads it by an agreement */
            200: {
                headers: {
                    /** @description Of a department: the agreements that the answer was given by */
                    "Lexchange-Agreement"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @description From when the change holds
                             */
                            at: string;
                            /** @description OAuth client that asked for the change */
                            by: string;
                            /** @enum {unknown} */
                            event: "issued" | "amended" | "renewed" | "suspended" | "reinstated" | "revoked" | "cancelled" | "expired";
                            legalBasis: string | null;
                            reason: string | null;
                            status: "active" | "suspended" | "revoked" | "cancelled";
                            /** Format: date-time */
                            validFrom: string;
                            validUntil: string | null;
                            version: number;
                        }[];
                        /** @description Where the next page begins; null on the last one */
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    getTrustList: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        asOf: string;
                        issuers: {
                            authorityId: string;
                            entitlements: {
                                /** Format: date-time */
                                from: string;
                                licenseTypes: string[];
                                /** @description GB/T 2260 division code */
                                region: string;
                                to: string | null;
                            }[];
                            /**
                             * Format: uri
                             * @description The `iss` of its credentials
                             */
                            issuer: string;
                            /** @description Every key it has ever signed with. `nbf` says from when a key signs; `revoked.revoked_at` (both in seconds) from when on nothing that it signed is trusted. */
                            jwks: {
                                keys: {
                                    [key: string]: unknown;
                                }[];
                            };
                            name: string;
                        }[];
                    };
                };
            };
        };
    };
}
