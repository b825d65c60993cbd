// Numbers of PKCS #11, Cryptographic Token Interface Base Specification 2.40, appendix B.

export const CKF_OS_LOCKING_OK = 0x2n
export const CKF_RW_SESSION = 0x2
export const CKF_SERIAL_SESSION = 0x4
export const CKU_USER = 1

export const CKO_PUBLIC_KEY = 2n
export const CKO_PRIVATE_KEY = 3n
export const CKK_EC = 3n

export const CKM_EC_KEY_PAIR_GEN = 0x1040n
export const CKM_ECDSA = 0x1041n

export const CKA_CLASS = 0x0n
export const CKA_TOKEN = 0x1n
export const CKA_PRIVATE = 0x2n
export const CKA_LABEL = 0x3n
export const CKA_KEY_TYPE = 0x100n
export const CKA_ID = 0x102n
export const CKA_SENSITIVE = 0x103n
export const CKA_SIGN = 0x108n
export const CKA_VERIFY = 0x10an
export const CKA_EXTRACTABLE = 0x162n
export const CKA_EC_PARAMS = 0x180n
export const CKA_EC_POINT = 0x181n

/** What a function of Cryptoki answers; only those that are told apart or that an operator meets. */
export const CKR = {
  OK: 0x0,
  HOST_MEMORY: 0x2,
  SLOT_ID_INVALID: 0x3,
  GENERAL_ERROR: 0x5,
  FUNCTION_FAILED: 0x6,
  ARGUMENTS_BAD: 0x7,
  ATTRIBUTE_VALUE_INVALID: 0x13,
  DEVICE_ERROR: 0x30,
  DEVICE_MEMORY: 0x31,
  DEVICE_REMOVED: 0x32,
  FUNCTION_NOT_SUPPORTED: 0x54,
  KEY_HANDLE_INVALID: 0x60,
  KEY_FUNCTION_NOT_PERMITTED: 0x68,
  MECHANISM_INVALID: 0x70,
  OBJECT_HANDLE_INVALID: 0x82,
  OPERATION_ACTIVE: 0x90,
  OPERATION_NOT_INITIALIZED: 0x91,
  PIN_INCORRECT: 0xa0,
  PIN_INVALID: 0xa1,
  PIN_LEN_RANGE: 0xa2,
  PIN_EXPIRED: 0xa3,
  PIN_LOCKED: 0xa4,
  SESSION_CLOSED: 0xb0,
  SESSION_COUNT: 0xb1,
  SESSION_HANDLE_INVALID: 0xb3,
  TEMPLATE_INCONSISTENT: 0xd1,
  TOKEN_NOT_PRESENT: 0xe0,
  TOKEN_NOT_RECOGNIZED: 0xe1,
  TOKEN_WRITE_PROTECTED: 0xe2,
  USER_ALREADY_LOGGED_IN: 0x100,
  USER_NOT_LOGGED_IN: 0x101,
  USER_PIN_NOT_INITIALIZED: 0x102,
  CRYPTOKI_NOT_INITIALIZED: 0x190,
  CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const
