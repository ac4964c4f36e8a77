// Mantine's looks on links of the router, so that their addresses and search are checked by the compiler.

import {
  Anchor,
  type AnchorProps,
  Button,
  type ButtonProps,
  Menu,
  type MenuItemProps,
} from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { ComponentPropsWithRef } from 'react'

type LinkProps<Look> = Look & Omit<ComponentPropsWithRef<'a'>, keyof Look>

export const TextLink = createLink((props: LinkProps<AnchorProps>) => (
  <Anchor {...props} component="a" />
))

export const ButtonLink = createLink((props: LinkProps<ButtonProps>) => (
  <Button {...props} component="a" />
))

export const MenuLink = createLink((props: LinkProps<MenuItemProps>) => (
  <Menu.Item {...props} component="a" />
))
