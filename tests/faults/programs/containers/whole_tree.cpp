// A search tree whose clean-up goes down both sides.
// expects: nothing

#include "program.hpp"

namespace faults::whole_tree {

struct node
{
    int key;
    node* left = nullptr;
    node* right = nullptr;
};

void insert(node*& root, int key)
{
    if (root == nullptr) {
        root = escape(new node{key});
        return;
    }
    insert(key < root->key ? root->left : root->right, key);
}

void clean_up(node* root)
{
    if (root == nullptr) return;
    clean_up(root->left);
    clean_up(root->right);
    delete root;
}

void program()
{
    node* root = nullptr;
    for (const int key : {50, 20, 80, 10, 30, 70, 90}) insert(root, key);
    clean_up(root);
}

} // namespace faults::whole_tree
