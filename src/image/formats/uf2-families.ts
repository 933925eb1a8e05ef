import { hex32 } from '../../base/text.ts';

/** Family ids by short name, from microsoft/uf2@01a2d56, utils/uf2families.json, sorted. */
export const uf2Families: Readonly<Record<string, number>> = {
  ATMEGA32: 0x1657_3617,
  CSK4: 0x4f6a_ce52,
  CSK6: 0x6e73_48a8,
  ESP32: 0x1c5f_21b0,
  ESP32C2: 0x2b88_d29c,
  ESP32C3: 0xd42b_a06c,
  ESP32C6: 0x540d_df62,
  ESP32H2: 0x3327_26f6,
  ESP32P4: 0x3d30_8e94,
  ESP32S2: 0xbfdd_4eee,
  ESP32S3: 0xc47e_5767,
  ESP8266: 0x7eab_61ed,
  FX2: 0x5a18_069b,
  GD32F350: 0x31d2_28c6,
  GD32VF103: 0x9af0_3e33,
  KL32L2: 0x7f83_e793,
  LPC55: 0x2abc_77ec,
  M0SENSE: 0x11de_784a,
  MIMXRT10XX: 0x4fb2_d5bd,
  'MaixPlay-U4': 0x4b68_4d71,
  NRF52: 0x1b57_745f,
  NRF52833: 0x621e_937a,
  NRF52840: 0xada5_2840,
  RP2040: 0xe48b_ff56,
  RZA1LU: 0x9517_422f,
  SAMD21: 0x68ed_2b88,
  SAMD51: 0x5511_4460,
  SAML21: 0x1851_780a,
  STM32F0: 0x6478_24b6,
  STM32F1: 0x5ee2_1072,
  STM32F2: 0x5d1a_0a2e,
  STM32F3: 0x6b84_6188,
  STM32F4: 0x5775_5a57,
  STM32F407: 0x6d09_22fa,
  STM32F407VG: 0x8fb0_60fe,
  STM32F7: 0x53b8_0f00,
  STM32G0: 0x300f_5633,
  STM32G4: 0x4c71_240a,
  STM32H7: 0x6db6_6082,
  STM32L0: 0x202e_3a91,
  STM32L1: 0x1e1f_432d,
  STM32L4: 0x00ff_6919,
  STM32L5: 0x0424_0bdf,
  STM32WB: 0x70d1_6653,
  STM32WL: 0x2146_0ff0,
};

/** Short name of a family id, such as `STM32F4`, or undefined for one that is not in the list. */
export const familyName = (id: number): string | undefined =>
  Object.entries(uf2Families).find(([, value]) => value === id)?.[0];

/** `STM32F4 (0x57755A57)`. */
export const familyText = (id: number): string => {
  const digits = hex32(id);
  const name = familyName(id);
  return name === undefined ? `family ${digits}` : `${name} (${digits})`;
};
