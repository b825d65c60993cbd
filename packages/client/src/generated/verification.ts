// Made by packages/client/scripts/generate-types.ts: npm run generate

export interface operations {
    getReadiness: {
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
                        dependencies: {
                            [key: string]: {
                                detail?: string;
                                status: "up" | "degraded" | "down";
                            };
                        };
                        service: string;
                        status: "ready" | "not-ready";
                    };
                };
            };
        };
    };
    checkStatus: {
        parameters: {
            query?: {
                /** @description Point in time that is asked about, RFC 3339; not in the future; default now */
                at?: string;
                /** @description Wait up to 1 s until the answer is current to this position in LICENSES, else 503 */
                minPosition?: number;
            };
            header?: never;
            path: {
                /** @description What is printed on it */
                number: string;
                type: string;
            };
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
                        /** @description When stale: seconds since the end of LICENSES was seen */
                        ageSeconds?: number;
                        /**
                         * Format: date-time
                         * @description The moment the answer is about
                         */
                        asOf: string;
                        number: string;
                        /** @description Sequence in LICENSES that the answer is current to */
                        position: number;
                        /** @description The end of LICENSES was not seen for too long */
                        stale: boolean;
                        /** @enum {string} */
                        status: "active" | "suspended" | "revoked" | "cancelled" | "not-yet-valid" | "expired" | "unknown";
                        type: string;
                        /** Format: date-time */
                        validFrom: string | null;
                        /** Format: date-time */
                        validUntil: string | null;
                        /** @enum {string} */
                        verdict: "valid" | "invalid" | "unknown" | "indeterminate";
                        version: number | null;
                    };
                };
            };
        };
    };
    verifyLicense: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: date-time
                     * @description Point in time that is asked about, RFC 3339; not in the future; default now
                     */
                    at?: string;
                    /** @description text of 1 to 128 characters, without control or direction characters */
                    caseRef: string;
                    disclose?: string[];
                    /** @description Of a credential: require a KB-JWT by which its holder has answered this nonce, for this audience */
                    holderBinding?: {
                        /** @description text of 1 to 512 characters, without control or direction characters */
                        audience: string;
                        /** @description text of 1 to 512 characters, without control or direction characters */
                        nonce: string;
                    };
                    license: {
                        /** @description What is printed on it */
                        number: string;
                        type: string;
                    } | {
                        /** Format: uuid */
                        id: string;
                    } | {
                        /** @description SD-JWT VC */
                        credential: string;
                    };
                    /** @description Values to compare with; nothing is disclosed but whether they match */
                    match?: {
                        [key: string]: string | {
                            [key: string]: string;
                        } | (string | {
                            [key: string]: string;
                        })[];
                    };
                    /** @description Wait up to 1 s until the answer is current to this position in LICENSES, else 503 */
                    minPosition?: number;
                    /** @description Why it is asked */
                    purpose: string;
                    /** @description Give a signed receipt of what was found, without any value */
                    receipt?: boolean;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description When stale: seconds since the end of LICENSES was seen */
                        ageSeconds?: number;
                        /** @description The agreement that grants this answer */
                        agreement: string;
                        /**
                         * Format: date-time
                         * @description The moment the answer is about
                         */
                        asOf: string;
                        checks: {
                            /** @enum {string} */
                            check: "signature" | "issuer" | "validity" | "status" | "disclosures" | "holder-binding" | "match";
                            code: string;
                            /** @description What the code says, in words */
                            detail: string;
                            /** @enum {string} */
                            result: "pass" | "fail" | "not-checkable" | "skipped";
                        }[];
                        disclosed?: {
                            [key: string]: unknown;
                        };
                        match?: {
                            [key: string]: boolean;
                        };
                        /** @description Sequence in LICENSES that the answer is current to */
                        position: number;
                        /** @description JWS: docs/formats/receipt.md */
                        receipt?: string;
                        /** @description The end of LICENSES was not seen for too long */
                        stale: boolean;
                        /**
                         * @description null of a credential whose license is not known
                         * @enum {string|null}
                         */
                        status: "active" | "suspended" | "revoked" | "cancelled" | "not-yet-valid" | "expired" | "unknown" | null;
                        /** Format: date-time */
                        validFrom: string | null;
                        /** Format: date-time */
                        validUntil: string | null;
                        /** @enum {string} */
                        verdict: "valid" | "invalid" | "unknown" | "indeterminate";
                        /** Format: uuid */
                        verificationId: string;
                        version: number | null;
                    };
                };
            };
        };
    };
    verifyBatch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    items: unknown[];
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: ({
                            /** @description When stale: seconds since the end of LICENSES was seen */
                            ageSeconds?: number;
                            /** @description The agreement that grants this answer */
                            agreement: string;
                            /**
                             * Format: date-time
                             * @description The moment the answer is about
                             */
                            asOf: string;
                            checks: {
                                /** @enum {string} */
                                check: "signature" | "issuer" | "validity" | "status" | "disclosures" | "holder-binding" | "match";
                                code: string;
                                /** @description What the code says, in words */
                                detail: string;
                                /** @enum {string} */
                                result: "pass" | "fail" | "not-checkable" | "skipped";
                            }[];
                            disclosed?: {
                                [key: string]: unknown;
                            };
                            match?: {
                                [key: string]: boolean;
                            };
                            /** @description Sequence in LICENSES that the answer is current to */
                            position: number;
                            /** @description JWS: docs/formats/receipt.md */
                            receipt?: string;
                            /** @description The end of LICENSES was not seen for too long */
                            stale: boolean;
                            /**
                             * @description null of a credential whose license is not known
                             * @enum {string|null}
                             */
                            status: "active" | "suspended" | "revoked" | "cancelled" | "not-yet-valid" | "expired" | "unknown" | null;
                            /** Format: date-time */
                            validFrom: string | null;
                            /** Format: date-time */
                            validUntil: string | null;
                            /** @enum {string} */
                            verdict: "valid" | "invalid" | "unknown" | "indeterminate";
                            /** Format: uuid */
                            verificationId: string;
                            version: number | null;
                        } | {
                            problem: {
                                [key: string]: unknown;
                            };
                        })[];
                    };
                };
            };
        };
    };
}
