// Made by packages/client/scripts/generate-types.ts: npm run generate

export interface operations {
    importLicenses: {
        parameters: {
            query?: {
                /** @description Take codes of the early pilot whose check character is wrong, and mark them */
                acceptLegacyUscc?: boolean;
                type?: string;
            };
            header?: {
                /** @description Names this command: sent again with the same body within 24 hours, the first answer is given again */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-ndjson": string;
                "text/csv": string;
            };
        };
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        /** @enum {unknown} */
                        state: "running" | "done" | "failed";
                    };
                };
            };
        };
    };
    getImport: {
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
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The first 10,000, in the order of rows */
                        errors: {
                            detail: string;
                            /** @description JSON pointer into the issue request of the row */
                            pointer: string;
                            /** @description Line (NDJSON) or row without the header (CSV), from 1 */
                            row: number;
                        }[];
                        /** @description How many errors there were beyond those */
                        errorsOmitted: number;
                        /** Format: uuid */
                        id: string;
                        imported: number;
                        rejected: number;
                        /** @description Rows that were received */
                        rows: number;
                        /** @enum {unknown} */
                        state: "running" | "done" | "failed";
                    };
                };
            };
        };
    };
}
